using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Logs;
using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Configuration;

/// <summary>What the operator of the device configured. Read once; never changes while the agent runs.</summary>
internal sealed record AgentOptions
{
    /// <summary>Longest run directory: a Unix socket's path has at most 107 bytes and is made of it, a VM's name and a suffix.</summary>
    internal const int MaxRunDirectoryLength = 107 - ResourceName.MaxLength - 13;

    /// <summary>Name of the device; also the MQTT client id.</summary>
    public required DeviceId DeviceId { get; init; }

    /// <summary>Where the control plane is.</summary>
    public required ControlPlaneOptions ControlPlane { get; init; }

    /// <summary>How the device gets in for the first time; null when it is enrolled already or has to wait.</summary>
    public EnrolmentOptions? Enrolment { get; init; }

    /// <summary>Directory of everything that survives a reboot.</summary>
    public string DataDirectory { get; init; } = "/var/lib/microvm";

    /// <summary>Directory of sockets and VM configurations.</summary>
    public string RunDirectory { get; init; } = "/run/microvm";

    /// <summary>The VMM's executable.</summary>
    public string VmmPath { get; init; } = "/usr/lib/microvm/microvm-vmm";

    /// <summary>Guest kernel.</summary>
    public string KernelPath { get; init; } = "/usr/lib/microvm/vmlinuz";

    /// <summary>Guest initramfs, which holds <c>microvm-init</c>.</summary>
    public string InitrdPath { get; init; } = "/usr/lib/microvm/initramfs.cpio";

    /// <summary>Appended to every guest's kernel command line.</summary>
    public string KernelArgs { get; init; } = "";

    /// <summary>Memory for VMs and their VMMs in MiB; 0 when it is what the device has, without a reserve for everything else.</summary>
    public int MemoryBudgetMib { get; init; }

    /// <summary>Folder of the VMs' cgroups in each hierarchy; empty when they are to have none.</summary>
    public string CgroupParent { get; init; } = "microvm";

    /// <summary>The network of VMs.</summary>
    public NetworkOptions Network { get; init; } = NetworkOptions.Default;

    /// <summary>How much of each VM's log is kept.</summary>
    public LogLimits Logs { get; init; } = LogLimits.Default;

    /// <summary>How much telemetry is kept until it can be delivered.</summary>
    public SpoolLimits Spool { get; init; } = SpoolLimits.Default;

    /// <summary>How long a new agent has to show that it works.</summary>
    public UpdateOptions Update { get; init; } = UpdateOptions.Default;

    /// <summary>The file that this was read from.</summary>
    public string ConfigPath { get; init; } = CommandLine.DefaultConfigPath;

    /// <summary>Labels that the device says of itself.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Least severe level that is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
