using System.Collections.Immutable;

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
    public string Phase { get; init; } = nameof(Shared.Contracts.Reported.VmPhase.Pending);

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
}
