namespace MicroVm.EdgeAgent.Store;

/// <summary>How large the telemetry spool may become; the oldest batches are dropped above that.</summary>
/// <param name="Bytes">Most payload bytes.</param>
/// <param name="Rows">Most batches.</param>
internal sealed record SpoolLimits(long Bytes, long Rows)
{
    /// <summary>32 MiB and 10,000 batches: more than half a day of samples at the default interval.</summary>
    internal static SpoolLimits Default { get; } = new(32L << 20, 10_000);
}
