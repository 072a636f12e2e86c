namespace MicroVm.EdgeAgent.Logs;

/// <summary>How much of a VM's log the device keeps; the oldest segments go above that.</summary>
/// <param name="Bytes">Most bytes of all segments.</param>
/// <param name="Age">Most time since a segment was last written.</param>
internal sealed record LogLimits(long Bytes, TimeSpan Age)
{
    private const int Segments = 8;

    /// <summary>Least and most MiB that may be configured.</summary>
    internal const int MinMib = 1, MaxMib = 1024;

    /// <summary>Most days that may be configured.</summary>
    internal const int MaxDays = 365;

    /// <summary>4 MiB and 7 days.</summary>
    internal static LogLimits Default { get; } = new(4L << 20, TimeSpan.FromDays(7));

    /// <summary>Size at which a segment is followed by the next one.</summary>
    internal long SegmentBytes => Bytes / Segments;
}
