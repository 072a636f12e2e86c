using MicroVm.EdgeAgent.Configuration;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>Files of the VMs: what a reboot may lose is under the run directory, the rest under the data directory.</summary>
internal sealed class VmPaths(AgentOptions options)
{
    /// <summary>End of the names of serial logs.</summary>
    internal const string SerialSuffix = ".serial";

    /// <summary>Directory of one VM's sockets and configuration.</summary>
    internal string Directory(ResourceName vm) => Path.Combine(options.RunDirectory, vm.Value);

    /// <summary>The VMM's configuration file.</summary>
    internal string Config(ResourceName vm) => Path.Combine(Directory(vm), "vm.json");

    /// <summary>The VMM's own log.</summary>
    internal string VmmLog(ResourceName vm) => Path.Combine(Directory(vm), "vmm.log");

    /// <summary>The VMM's standard output and error.</summary>
    internal string VmmOutput(ResourceName vm) => Path.Combine(Directory(vm), "vmm.out");

    /// <summary>The VMM's control API.</summary>
    internal string Api(ResourceName vm) => Path.Combine(Directory(vm), "api");

    /// <summary>The VMM's vsock socket, for connections from host to guest.</summary>
    internal string Vsock(ResourceName vm) => Path.Combine(Directory(vm), "vsock");

    /// <summary>Where the agent listens for the guest: the VMM connects there for the channel's port.</summary>
    internal string GuestChannel(ResourceName vm) => $"{Vsock(vm)}_{Shared.Contracts.Guest.GuestChannel.Port}";

    /// <summary>Where the agent listens for the workload's metrics: the VMM connects there for their port.</summary>
    internal string GuestMetrics(ResourceName vm) => $"{Vsock(vm)}_{Telemetry.Workloads.MetricLineServer.Port}";

    /// <summary>Directory of serial logs, and of the workloads' logs, which have directories of their own.</summary>
    internal string LogDirectory => Path.Combine(options.DataDirectory, "logs");

    /// <summary>What the guest's kernel wrote to its serial port.</summary>
    internal string Serial(ResourceName vm) => Path.Combine(LogDirectory, vm.Value + SerialSuffix);

    /// <summary>Where what a growing file held before is kept.</summary>
    internal static string Earlier(string path) => path + ".1";
}
