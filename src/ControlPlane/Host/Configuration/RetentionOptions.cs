namespace MicroVm.ControlPlane.Host.Configuration;

/// <summary>How much telemetry is kept; what is over any bound is deleted, oldest first.</summary>
/// <param name="MaxSamples">Most samples of devices, and of VMs, each.</param>
/// <param name="MaxAge">Oldest that is kept, by the time of arrival.</param>
public sealed record RetentionOptions(long MaxSamples, TimeSpan MaxAge)
{
    /// <summary>Most events.</summary>
    public long MaxEvents { get; init; } = 1_000_000;

    /// <summary>Most points of workloads' metrics.</summary>
    public long MaxPoints { get; init; } = 5_000_000;

    /// <summary>Most samples of one device, and of its VMs. A part of it more may be kept for a while.</summary>
    public long MaxSamplesOfDevice { get; init; } = 200_000;

    /// <summary>Most events of one device, in the same way.</summary>
    public long MaxEventsOfDevice { get; init; } = 100_000;

    /// <summary>A million samples, 14 days.</summary>
    public RetentionOptions()
        : this(1_000_000, TimeSpan.FromDays(14))
    {
    }
}
