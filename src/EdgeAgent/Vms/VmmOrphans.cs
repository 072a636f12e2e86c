using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Hosting;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Observed;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>VMMs of this agent that no record names: an agent that was killed between a VMM's start and the record of it leaves one.</summary>
internal sealed class VmmOrphans(ProcFileSystem proc, ProcessWatcher watcher, VmPaths paths, AgentCounters counters, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Ends those of the VMMs that run which are orphans, and returns when they have ended.</summary>
    internal async Task StopAsync(Func<int, ResourceName, bool> isOrphan, CancellationToken cancellation)
    {
        foreach (int pid in proc.EnumeratePids())
        {
            if (!VmmCommandLine.TryRecognise(proc.ReadCommandLine(pid), paths, out ResourceName vm)
                || !isOrphan(pid, vm)
                || watcher.Watch(pid) is not WatchedProcess process)
            {
                continue;
            }

            counters.StoppedOrphans.Increment();
            Log.OrphanStopped(logger, pid, vm.Value);
            process.Signal(Signals.SIGTERM);
            try
            {
                await process.Exited.WaitAsync(s_patience, time, cancellation);
            }
            catch (TimeoutException)
            {
                process.Signal(Signals.SIGKILL);
                await process.Exited.WaitAsync(cancellation);
            }
        }
    }
}
