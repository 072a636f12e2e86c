namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>A device of a deployment as a rollout sees it.</summary>
internal sealed record RolloutDevice
{
    /// <summary>Device id.</summary>
    public required string Device { get; init; }

    /// <summary>Its place in the order in which devices are told.</summary>
    public ulong Order { get; init; }

    /// <summary>Whether it is connected.</summary>
    public bool IsOnline { get; init; }

    /// <summary>Revision that it is told to run; 0 when none.</summary>
    public int Assigned { get; init; }

    /// <summary>Revision that it reports; 0 when none.</summary>
    public int Reported { get; init; }

    /// <summary>Whether the VM of the reported revision runs and is ready, has ended well, or waits for its schedule.</summary>
    public bool IsReady { get; init; }

    /// <summary>Whether the VM of the reported revision cannot run or has ended badly for good.</summary>
    public bool HasFailed { get; init; }

    /// <summary>Restarts of the workload in the reported revision.</summary>
    public int Restarts { get; init; }

    /// <summary>What is wrong; empty when nothing is.</summary>
    public string Message { get; init; } = "";

    /// <summary>Whether the canary selector matches it.</summary>
    public bool IsCanary { get; init; }

    /// <summary>Its time zone; empty when it does not say.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Lines on standard error since it was told.</summary>
    public int ErrorLines { get; init; }

    /// <summary>Revision whose image it is to fetch; 0 when none.</summary>
    public int Prefetching { get; init; }

    /// <summary>Whether it has the image of <see cref="Prefetching"/>.</summary>
    public bool HasImage { get; init; }

    /// <summary>What is noted of it; null when nothing is.</summary>
    public Admission? Admission { get; init; }
}
