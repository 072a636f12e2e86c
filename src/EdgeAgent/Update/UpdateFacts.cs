using MicroVm.EdgeAgent.Configuration;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Update;

/// <summary>Everything that the next step of an update depends on.</summary>
internal sealed record UpdateFacts
{
    /// <summary>What the disk says.</summary>
    public required UpdateDiskState Disk { get; init; }

    /// <summary>The agent that should run; null for whatever runs.</summary>
    public AgentTarget? Target { get; init; }

    /// <summary>Version of this process.</summary>
    public required ReleaseVersion RunningVersion { get; init; }

    /// <summary>The target's artifact and its manifest are on the disk.</summary>
    public bool IsFetched { get; init; }

    /// <summary>The launcher started this process, so that ending it starts what is current.</summary>
    public bool HasLauncher { get; init; }

    /// <summary>Why the launcher would not start what is current here; null when it would.</summary>
    public string? LauncherFault { get; init; }

    /// <summary>This process itself had the candidate started next. One that begins with it is one that was started in the candidate's place.</summary>
    public bool HasSwitched { get; init; }

    /// <summary>Somebody on the device lets changes wait.</summary>
    public bool IsHeld { get; init; }

    /// <summary>The control plane is connected.</summary>
    public bool IsConnected { get; init; }

    /// <summary>Reconciling and the store were seen to work a moment ago.</summary>
    public bool IsReconciling { get; init; }

    /// <summary>Since this process started.</summary>
    public TimeSpan Uptime { get; init; }

    /// <summary>How long a new agent has.</summary>
    public UpdateOptions Options { get; init; } = UpdateOptions.Default;
}
