using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Agents;
using MicroVm.ControlPlane.Abstractions.Deployments;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>What operators want of a device; kept for ever.</summary>
internal sealed record DeviceDesiredState
{
    /// <summary>Claims by deployment name.</summary>
    public ImmutableSortedDictionary<string, DeviceAssignment> Assignments { get; init; } =
        ImmutableSortedDictionary<string, DeviceAssignment>.Empty;

    /// <summary>Revisions whose images are to be fetched, by deployment name.</summary>
    public ImmutableSortedDictionary<string, Assignment> Prefetches { get; init; } =
        ImmutableSortedDictionary.Create<string, Assignment>(StringComparer.Ordinal);

    /// <summary>Secrets that the claims need, sealed to the device, by name.</summary>
    public ImmutableSortedDictionary<string, KeptSecret> Secrets { get; init; } = ImmutableSortedDictionary.Create<string, KeptSecret>(StringComparer.Ordinal);

    /// <summary>The agent that the device is to run; null for whatever it runs.</summary>
    public AgentOrder? Agent { get; init; }

    /// <summary>Order of the next claim.</summary>
    public long NextOrder { get; init; } = 1;

    /// <summary>Generation of <see cref="Document"/>.</summary>
    public ulong Generation { get; init; }

    /// <summary>The merged document; null while nothing was ever claimed.</summary>
    public byte[]? Document { get; init; }

    /// <summary>The operator's labels.</summary>
    public ImmutableSortedDictionary<string, string> OperatorLabels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Rises with every change of <see cref="OperatorLabels"/>.</summary>
    public long LabelsVersion { get; init; } = 1;

    /// <summary>Seconds between samples; 0 for the agent's own default.</summary>
    public int TelemetryIntervalSeconds { get; init; }

    /// <summary>Rises with every change of the settings.</summary>
    public long SettingsVersion { get; init; } = 1;

    internal DesiredDocument ToDocument() => Document is null ? DesiredDocument.Empty : new DesiredDocument(Generation, Document);
}
