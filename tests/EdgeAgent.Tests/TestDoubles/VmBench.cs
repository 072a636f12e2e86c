using MicroVm.EdgeAgent.Cgroups;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Logs;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Vms;
using MicroVm.EdgeAgent.Vms.Guest;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>One start of the part of the agent that runs VMs. Another one over the same store and directory is its restart.</summary>
internal sealed class VmBench : IAsyncDisposable
{
    private readonly ProcessWatcher _watcher = new();
    private readonly LogStore _logs;

    internal VmBench(AgentOptions options, IAgentStore store, TimeProvider time)
    {
        Paths = new VmPaths(options);
        Table = new VmTable(store);
        ProcFileSystem proc = new();
        _logs = new LogStore(Paths.LogDirectory, LogLimits.Default, Counters, time, NullLogger.Instance);
        Networks = new VmNetworks(options.Network, store, Links, Firewall, new FakeForwarding(), NullLogger.Instance);
        VmmOrphans orphans = new(proc, _watcher.Watch, Paths, Counters, time, NullLogger.Instance);
        Supervisor = new VmSupervisor(
            Table, Paths, new VmmLauncher(options, Paths, _watcher, VmCgroups.Open(options.CgroupParent, proc, NullLogger.Instance)), orphans,
            new GuestConfigBuilder(Networks.Find, NoSecrets.Instance), proc, _logs, Counters, time, NullLogger.Instance);
        Stopper = new VmStopper(Table, Counters, time, NullLogger.Instance);
        Adoption = new VmAdoption(store, Table, Supervisor, _watcher, proc, Paths, Networks, orphans, time, NullLogger.Instance);
    }

    internal AgentCounters Counters { get; } = new();

    internal FakeLinks Links { get; } = new();

    internal FakeFirewall Firewall { get; } = new();

    internal VmNetworks Networks { get; }

    internal VmPaths Paths { get; }

    internal VmTable Table { get; }

    internal VmSupervisor Supervisor { get; }

    internal VmStopper Stopper { get; }

    internal VmAdoption Adoption { get; }

    internal VmEntry Entry(string name = "web") => Table.GetOrAdd(ResourceName.Parse(name));

    internal Task<string?> StartAsync(VmSpec spec) =>
        Phase.Of("start", Supervisor.StartAsync(Entry(spec.Name.Value), spec, "/images/x.squashfs", VmResources.None));

    /// <summary>Lets go of the VMs, as the end of an agent does.</summary>
    public async ValueTask DisposeAsync()
    {
        await Supervisor.DetachAsync();
        Networks.Dispose();
        _watcher.Dispose();
        _logs.Dispose();
    }
}
