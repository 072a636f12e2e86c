using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Hosting;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Observed;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>
/// VMMs of this agent that no record names: an agent that was killed between a VMM's start and the record of it leaves one.
/// What begins to watch a process until its end is given; it returns null when there is none of that id.
/// </summary>
internal sealed class VmmOrphans(
    ProcFileSystem proc, Func<int, WatchedProcess?> watch, VmPaths paths, AgentCounters counters, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    // Those that do not end, because the kernel waits for a disk in them: watched once, however often they are met again.
    private readonly ConcurrentDictionary<int, WatchedProcess> _unending = [];

    /// <summary>Ends those of the VMMs that run which are orphans, together, and returns when they have ended or have had ten seconds to.</summary>
    /// <returns>Process ids of those that still run, which have what their VMs have.</returns>
    internal async Task<IReadOnlyList<int>> StopAsync(Func<int, ResourceName, bool> isOrphan, CancellationToken cancellation)
    {
        List<Task<int?>> ends = [];
        foreach (int pid in proc.EnumeratePids())
        {
            if (VmmCommandLine.TryRecognise(proc.ReadCommandLine(pid), paths, out ResourceName vm) && isOrphan(pid, vm) && Find(pid) is WatchedProcess process)
            {
                ends.Add(EndAsync(process, vm, cancellation));
            }
        }

        return [.. (await Task.WhenAll(ends)).OfType<int>()];
    }

    /// <summary>Ends at once a VMM that was just started and cannot be recorded; returns when it has ended or has had five seconds to.</summary>
    /// <returns>Null, or its process id when it still runs: it has what its VM has, which is not started before it has ended.</returns>
    internal Task<int?> KillAsync(WatchedProcess process, ResourceName vm)
    {
        process.Signal(Signals.SIGKILL);
        return LeaveAsync(process, vm, CancellationToken.None);
    }

    private WatchedProcess? Find(int pid)
    {
        if (_unending.TryGetValue(pid, out WatchedProcess? known) && !known.Exited.IsCompleted)
        {
            return known;
        }

        _unending.TryRemove(pid, out _);
        return watch(pid);
    }

    /// <summary>Null once it has ended, else its process id.</summary>
    private async Task<int?> EndAsync(WatchedProcess process, ResourceName vm, CancellationToken cancellation)
    {
        if (!_unending.ContainsKey(process.Pid))
        {
            counters.StoppedOrphans.Increment();
            Log.OrphanStopped(logger, process.Pid, vm.Value);
            process.Signal(Signals.SIGTERM);
            if (await EndsAsync(process, cancellation))
            {
                return null;
            }

            process.Signal(Signals.SIGKILL);
        }

        return await LeaveAsync(process, vm, cancellation);
    }

    /// <summary>Null once it has ended by the SIGKILL that it was sent, else its process id.</summary>
    private async Task<int?> LeaveAsync(WatchedProcess process, ResourceName vm, CancellationToken cancellation)
    {
        if (await EndsAsync(process, cancellation))
        {
            return null;
        }

        if (_unending.TryAdd(process.Pid, process))
        {
            Log.OrphanStays(logger, process.Pid, vm.Value);
        }

        return process.Pid;
    }

    private async Task<bool> EndsAsync(WatchedProcess process, CancellationToken cancellation)
    {
        try
        {
            await process.Exited.WaitAsync(s_patience, time, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
