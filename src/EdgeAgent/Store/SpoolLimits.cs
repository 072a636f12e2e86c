namespace MicroVm.EdgeAgent.Store;

/// <summary>How large the telemetry spool may become and how old what is in it; above that, see <see cref="SpoolClass"/>.</summary>
/// <param name="Bytes">Most payload bytes.</param>
/// <param name="Rows">Most batches.</param>
internal sealed record SpoolLimits(long Bytes, long Rows)
{
    /// <summary>32 MiB: about ten days of samples of ten VMs at the default interval, and events of years.</summary>
    internal static SpoolLimits Default { get; } = new(32L << 20, 200_000);

    /// <summary>What is older is dropped, whatever it is.</summary>
    internal TimeSpan Age { get; init; } = TimeSpan.FromDays(60);

    /// <summary>Batches whose clock was synchronised and that began before this are too old; null when the device's own clock cannot tell.</summary>
    internal long? OldestUnixMs { get; init; }
}
