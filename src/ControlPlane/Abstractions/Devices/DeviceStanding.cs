using System.Collections.Immutable;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.ControlPlane.Abstractions.Devices;

/// <summary>How far one deployment is on one device.</summary>
[GenerateSerializer]
[Immutable]
public sealed record DeviceStanding
{
    /// <summary>Device id.</summary>
    [Id(0)]
    public required string Device { get; init; }

    /// <summary>All labels of the device; empty when it never said hello.</summary>
    [Id(1)]
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Whether it is connected.</summary>
    [Id(2)]
    public bool Online { get; init; }

    /// <summary>Revision that it was told to run; 0 when none.</summary>
    [Id(3)]
    public int AssignedRevision { get; init; }

    /// <summary>Revision that it reports; 0 when none.</summary>
    [Id(4)]
    public int ReportedRevision { get; init; }

    /// <summary>Phase that it reports, by name; <c>Pending</c> when none.</summary>
    [Id(5)]
    public string Phase { get; init; } = nameof(VmPhase.Pending);

    /// <summary>What is wrong; empty when nothing is.</summary>
    [Id(6)]
    public string Message { get; init; } = "";

    /// <summary>Restarts of the workload in the reported revision.</summary>
    [Id(7)]
    public int Restarts { get; init; }

    /// <summary>Revision whose image it is to fetch before it is told to run it; 0 when none.</summary>
    [Id(8)]
    public int PrefetchRevision { get; init; }

    /// <summary>Whether it has that image.</summary>
    [Id(9)]
    public bool IsPrefetched { get; init; }

    /// <summary>Whether the workload says that it is ready; null when the device does not say.</summary>
    [Id(10)]
    public bool? SaysReady { get; init; }

    /// <summary>Exit code of the last run; null when it never ended.</summary>
    [Id(11)]
    public int? LastExitCode { get; init; }

    /// <summary>Whether it is a job that a schedule starts.</summary>
    [Id(12)]
    public bool HasNextRun { get; init; }

    /// <summary>True for a job that has not run yet because its time has not come.</summary>
    public bool IsWaiting => HasNextRun && Phase == nameof(VmPhase.Pending);

    /// <summary>True for a workload that runs and is ready, has ended well, or waits for its schedule.</summary>
    public bool IsReady => Phase switch
    {
        nameof(VmPhase.Running) => SaysReady != false,
        nameof(VmPhase.Completed) => LastExitCode is null or 0,
        _ => IsWaiting,
    };

    /// <summary>True for a workload that cannot run or has ended badly for good.</summary>
    public bool HasFailed => Phase == nameof(VmPhase.Failed) || (Phase == nameof(VmPhase.Completed) && !IsReady);
}
