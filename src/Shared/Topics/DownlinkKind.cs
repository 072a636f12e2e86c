namespace MicroVm.Shared.Topics;

/// <summary>What a device is told.</summary>
public enum DownlinkKind
{
    /// <summary>The desired-state document.</summary>
    Desired,

    /// <summary>A request to do something once.</summary>
    Command,

    /// <summary>Uplinks up to a sequence number are durable.</summary>
    Ack,
}
