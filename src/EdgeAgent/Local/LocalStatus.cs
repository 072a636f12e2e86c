using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Local;

/// <summary>The agent as somebody on the device sees it.</summary>
internal sealed record LocalStatus
{
    /// <summary>Device id.</summary>
    public required string Device { get; init; }

    /// <summary>Version of the agent.</summary>
    public required string AgentVersion { get; init; }

    /// <summary>How far the device is with the agent that it should run.</summary>
    public AgentStatus Update { get; init; } = AgentStatus.None;

    /// <summary>Of this run of the agent.</summary>
    public required Guid BootId { get; init; }

    /// <summary>Generation that is held.</summary>
    public required ulong Generation { get; init; }

    /// <summary>Its digest; empty before the first.</summary>
    public required string Digest { get; init; }

    /// <summary>The control plane is connected.</summary>
    public required bool IsConnected { get; init; }

    /// <summary>Where it is.</summary>
    public required string ControlPlane { get; init; }

    /// <summary>Who lets changes wait, since when and why; null when nobody does.</summary>
    public required string? Paused { get; init; }

    /// <summary>VMs that are known or desired.</summary>
    public required int Vms { get; init; }

    /// <summary>VMs whose VMM runs.</summary>
    public required int Running { get; init; }

    /// <summary>Telemetry that waits for the control plane.</summary>
    public required long SpooledBatches { get; init; }

    /// <summary>Its bytes.</summary>
    public required long SpooledBytes { get; init; }

    /// <summary>How often a VM was looked at since the agent started.</summary>
    public long ReconcilePasses { get; init; }

    /// <summary>What went wrong or was lost since the agent started, where it is not zero.</summary>
    public required IReadOnlyList<(string Name, long Value)> Counters { get; init; }

    /// <summary>The way to the control plane.</summary>
    public required LocalLink Link { get; init; }

    /// <summary>The host.</summary>
    public required LocalHost Host { get; init; }

    /// <summary>The VMs' network.</summary>
    public required LocalNetwork Network { get; init; }

    /// <summary>Images that the desired state needs.</summary>
    public IReadOnlyList<LocalImage> Images { get; init; } = [];

    /// <summary>Volumes on the disk, those of VMs that are gone as well.</summary>
    public IReadOnlyList<LocalVolume> Volumes { get; init; } = [];
}
