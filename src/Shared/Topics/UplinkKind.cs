namespace MicroVm.Shared.Topics;

/// <summary>What a device says.</summary>
public enum UplinkKind
{
    /// <summary>Who it is and what it holds; first message of every connection.</summary>
    Hello,

    /// <summary>What it runs.</summary>
    Reported,

    /// <summary>Samples and log lines.</summary>
    Telemetry,

    /// <summary>Something that happened once.</summary>
    Event,

    /// <summary>Answer to a command.</summary>
    Reply,
}
