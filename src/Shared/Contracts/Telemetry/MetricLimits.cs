namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>What workloads' own metrics may at most be. The agent refuses what is beyond; the control plane does not take it from an agent either.</summary>
public static class MetricLimits
{
    /// <summary>Longest name in characters.</summary>
    public const int NameCharacters = 64;

    /// <summary>Longest unit in characters.</summary>
    public const int UnitCharacters = 16;

    /// <summary>Most labels of a point.</summary>
    public const int Labels = 8;

    /// <summary>Longest name of a label in characters.</summary>
    public const int LabelNameCharacters = 32;

    /// <summary>Longest value of a label in characters.</summary>
    public const int LabelValueCharacters = 64;

    /// <summary>Most points in one message of a guest.</summary>
    public const int PointsPerMessage = 200;

    /// <summary>Longest message of a guest in bytes.</summary>
    public const int MessageBytes = 64 << 10;

    /// <summary>Most points of a VM in <see cref="WindowSeconds"/>.</summary>
    public const int PointsPerWindow = 1_000;

    /// <summary>Length of the window in which points are counted.</summary>
    public const int WindowSeconds = 10;

    /// <summary>Most series of a VM: different names, units or labels. One that was silent for <see cref="SeriesIdleSeconds"/> counts no more.</summary>
    public const int SeriesPerVm = 200;

    /// <summary>After this much silence a series is not counted any more.</summary>
    public const int SeriesIdleSeconds = 3_600;

    /// <summary>Oldest point that is taken, against the device's clock.</summary>
    public const int OldestSeconds = 24 * 3_600;

    /// <summary>How far a point may be ahead of the device's clock.</summary>
    public const int AheadSeconds = 300;
}
