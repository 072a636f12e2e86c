namespace MicroVm.Vmm.Tests.Fuzzing;

/// <summary>What a guest does to the metadata service next.</summary>
internal enum MmdsActionKind
{
    /// <summary>A SYN.</summary>
    Connect,

    /// <summary>A whole request, or a part of one, where the connection is or shifted.</summary>
    Request,

    /// <summary>Bytes that are no request.</summary>
    Bytes,

    /// <summary>An acknowledgement with any window.</summary>
    Acknowledge,

    /// <summary>A segment with any flags.</summary>
    Flags,

    /// <summary>The last frame again with bytes overwritten, cut off or made longer: lengths that lie among them.</summary>
    Damage,

    /// <summary>An ARP request.</summary>
    Arp,

    /// <summary>Time passes.</summary>
    Wait,

    /// <summary>The guest takes what the service has for it.</summary>
    Take,
}
