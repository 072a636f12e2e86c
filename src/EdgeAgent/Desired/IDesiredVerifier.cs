namespace MicroVm.EdgeAgent.Desired;

/// <summary>Says whether a desired state comes from who may decide it.</summary>
internal interface IDesiredVerifier
{
    /// <summary>Verifies a message and returns the envelope in it.</summary>
    /// <exception cref="Shared.Faults.SignatureException">It is not signed by a trusted key for this device.</exception>
    byte[] OpenDesired(ReadOnlyMemory<byte> message);
}
