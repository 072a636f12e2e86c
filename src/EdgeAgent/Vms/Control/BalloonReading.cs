namespace MicroVm.EdgeAgent.Vms.Control;

/// <summary>A VM's balloon, and what its guest says of its memory (the VMM's <c>GET /balloon/statistics</c>).</summary>
/// <param name="TargetMib">What the guest is asked to give up.</param>
/// <param name="ActualMib">What it says that it has given up; its word.</param>
internal sealed record BalloonReading(int TargetMib, int ActualMib)
{
    /// <summary>What the guest could still use without swapping; null until it has said.</summary>
    internal long? AvailableBytes { get; init; }

    /// <summary>What the guest uses for nothing; null until it has said.</summary>
    internal long? FreeBytes { get; init; }

    /// <summary>What the guest's kernel manages; null until it has said.</summary>
    internal long? TotalBytes { get; init; }

    /// <summary>Pages of files that the guest keeps and could drop; null until it has said.</summary>
    internal long? CacheBytes { get; init; }

    /// <summary>Processes that the guest's kernel killed for want of memory; null where it does not count them.</summary>
    internal long? OutOfMemoryKills { get; init; }
}
