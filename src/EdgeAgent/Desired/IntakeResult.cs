namespace MicroVm.EdgeAgent.Desired;

/// <summary>What became of an offered desired-state document.</summary>
internal enum IntakeResult
{
    /// <summary>It is held now and is durable.</summary>
    Accepted,

    /// <summary>It is the one held.</summary>
    AlreadyHeld,

    /// <summary>It is older than the one held, or differs from it under the same generation.</summary>
    RefusedGeneration,

    /// <summary>It is not signed by a trusted key for this device.</summary>
    RefusedSignature,

    /// <summary>It is not a valid document.</summary>
    RefusedFormat,

    /// <summary>The store could not keep it; it is not acted on.</summary>
    NotKept,

    /// <summary>The device is being wiped; nothing is taken any more.</summary>
    Abandoned,
}
