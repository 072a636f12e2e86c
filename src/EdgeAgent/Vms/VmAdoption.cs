using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Hosting;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>
/// At the agent's start: takes over the VMs that still run, notes the ends of those that do not, and stops VMMs that no
/// record names. Works from records and <c>/proc</c> alone, without any network.
/// </summary>
internal sealed class VmAdoption(
    IAgentStore store,
    VmTable table,
    VmSupervisor supervisor,
    ProcessWatcher watcher,
    ProcFileSystem proc,
    VmPaths paths,
    VmNetworks networks,
    VmmOrphans orphans,
    TimeProvider time,
    ILogger logger)
{
    /// <summary>Looks at every record and every process once.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        HashSet<int> known = [];
        foreach (VmRecord record in store.LoadVms())
        {
            VmEntry entry = table.Load(record);
            if (record.Exit is { IsForGood: true } exit && exit.JudgedBy != AgentVersion.Text)
            {
                // Another agent brings another VMM: what the one before could not run is tried once more.
                table.Note(entry, static record => record with { Exit = null, Crashes = 0, Phase = VmPhase.Pending });
            }

            if (record.Run is VmRun run && Restore(entry, record, run))
            {
                known.Add(run.Pid);
            }
        }

        await orphans.StopAsync((pid, _) => !known.Contains(pid), cancellation);
        supervisor.RemoveOthers();
        await networks.SettleAsync();
    }

    /// <summary>True when the record's process runs and was adopted.</summary>
    private bool Restore(VmEntry entry, VmRecord record, VmRun run)
    {
        if (run.KernelBootId != supervisor.KernelBootId)
        {
            // The device was booted in between: nothing ended by itself, it is started again without a delay.
            Log.VmGone(logger, entry.Name.Value, run.Pid, "the device was booted since");
            table.Note(entry, AfterReboot);
            return false;
        }

        if (FindProcess(entry.Name, run) is not WatchedProcess process)
        {
            Log.VmGone(logger, entry.Name.Value, run.Pid, "it ended while the agent was not running");
            VmExit silent = supervisor.ExplainEnd(entry.Name, new VmExit(null, "the VMM ended while the agent was not running", time.GetUtcNow()));
            table.Note(entry, new VmRunEnd(silent, record.Phase == VmPhase.Stopping, time.GetUtcNow(), Random.Shared.NextDouble()).Apply);
            return false;
        }

        networks.Adopt(record.Spec);
        supervisor.Adopt(entry, record, process);
        return true;
    }

    /// <summary>A workload that had ended before the reboot has ended for its policy; one that ran has not.</summary>
    /// <remarks>A job whose run the reboot ended is due again.</remarks>
    private VmRecord AfterReboot(VmRecord record) => record.Exit is null || record.Phase == VmPhase.Stopping
        ? VmRunEnd.Stopped(record) with { DueAt = record is { DueAt: not null, Phase: not VmPhase.Stopping } ? time.GetUtcNow() : record.DueAt }
        : new VmRunEnd(record.Exit, WasStopped: false, time.GetUtcNow(), Random.Shared.NextDouble()).Apply(record);

    private WatchedProcess? FindProcess(ResourceName vm, VmRun run)
    {
        // The pidfd first: what is read from /proc afterwards is about the process that it holds, or about nothing.
        WatchedProcess? process = watcher.Watch(run.Pid);
        bool ours = process is not null
            && proc.ReadStat(run.Pid) is { IsAlive: true } stat
            && stat.StartTicks == run.StartTicks
            && VmmCommandLine.TryRecognise(proc.ReadCommandLine(run.Pid), paths, out ResourceName found)
            && found == vm;
        if (ours)
        {
            return process;
        }

        watcher.Release(process);
        return null;
    }
}
