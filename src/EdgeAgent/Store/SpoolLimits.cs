namespace MicroVm.EdgeAgent.Store;

/// <summary>How large the telemetry spool may become and how old what is in it; above that, see <see cref="SpoolClass"/>.</summary>
/// <param name="Bytes">Most payload bytes.</param>
/// <param name="Rows">Most batches.</param>
internal sealed record SpoolLimits(long Bytes, long Rows)
{
    /// <summary>Least and most MiB that may be configured: all of it is read once at a start, to be counted.</summary>
    internal const int MinMib = 1, MaxMib = 512;

    /// <summary>Most days that may be configured: ten years.</summary>
    internal const int MaxDays = 3650;

    // Batches of a device with nothing on it have some hundred bytes.
    private const int BatchesPerMib = 6_250;

    /// <summary>32 MiB: about ten days of samples of ten VMs at the default interval, and events of years.</summary>
    internal static SpoolLimits Default { get; } = OfMib(32);

    /// <summary>What is older is dropped, whatever it is.</summary>
    internal TimeSpan Age { get; init; } = TimeSpan.FromDays(60);

    /// <summary>Batches whose clock was synchronised and that began before this are too old; null when the device's own clock cannot tell.</summary>
    internal long? OldestUnixMs { get; init; }

    /// <summary>Limits of a size, with as many batches as fit when all are small.</summary>
    internal static SpoolLimits OfMib(int mib) => new((long)mib << 20, (long)mib * BatchesPerMib);
}
