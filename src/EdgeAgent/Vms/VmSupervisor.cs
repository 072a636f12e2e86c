using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Cgroups;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Hosting;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Logs;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Vms.Guest;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>
/// Starts, adopts and follows VMs. The guest's channel listens before its VMM runs; the record names the process before
/// anything the guest says is taken; when the process has ended, the guest's last words are read before the record says so.
/// </summary>
internal sealed class VmSupervisor(
    VmTable table,
    VmPaths paths,
    VmmLauncher launcher,
    VmmOrphans orphans,
    GuestConfigBuilder configs,
    ProcFileSystem proc,
    LogStore logs,
    AgentCounters counters,
    TimeProvider time,
    ILogger logger)
{
    private const uint FirstGuestCid = 3;

    /// <summary>The VMM's exit code for a guest whose kernel panicked (src/Vmm/docs/exit-codes.md).</summary>
    private const int GuestCrashed = 33;

    /// <summary>Its codes for a specification that it can never run: a bad configuration, or memory in which kernel and initrd have no room.</summary>
    private static readonly int[] s_neverRuns = [3, 12, 13, 14];

    private readonly string _kernelBootId = proc.ReadKernelBootId();
    private readonly Lock _cids = new();
    private readonly HashSet<uint> _usedCids = [];

    /// <summary>Raised when a VM should be planned for because of what happened in it.</summary>
    internal event Action<ResourceName>? Disturbed;

    /// <summary>The running kernel's boot id.</summary>
    internal string KernelBootId => _kernelBootId;

    /// <summary>Starts a VM whose image is complete.</summary>
    /// <returns>Null, or one line why it was not started.</returns>
    internal async Task<string?> StartAsync(VmEntry entry, VmSpec spec, string imagePath, VmResources resources)
    {
        uint cid = TakeCid();
        Guid runId = Guid.NewGuid();
        GuestSession session = MakeSession(entry, spec, new LogSource(entry.Name, runId));
        GuestChannelServer? channel = null;
        WatchedProcess? process = null;
        try
        {
            // One that was just being started when its agent was killed may have shown itself only after this agent looked for orphans.
            if (await orphans.StopAsync((_, vm) => vm == entry.Name, CancellationToken.None) is [int unending, ..])
            {
                throw new OsFaultException($"process {unending}, a VMM of {entry.Name} from before: expected its end after SIGKILL, found it still running");
            }

            launcher.Prepare(entry.Name);
            channel = Attach(session, GuestChannelServer.Listen(entry.Name, paths.GuestChannel(entry.Name), session, counters, logger));
            process = launcher.Start(new VmLaunch(spec, cid, imagePath, resources));
            VmRun run = new(runId, process.Pid, StartTicksOf(process.Pid), _kernelBootId, cid, time.GetUtcNow());
            table.Save(entry, record => RecordOfStart(record, spec, run, time.GetUtcNow()));
            Log.VmStarted(logger, entry.Name.Value, spec.Revision, process.Pid, cid);
            (entry.Health, entry.Metrics) = (HealthOfStart(spec), null);
            Follow(entry, new VmInstance(run, process, session, channel, VmMemory.OfStart(spec)) { Handicap = resources.Handicap });
            return null;
        }
        catch (Exception e) when (e is OsFaultException or IOException or SocketException or UnauthorizedAccessException or StoreException)
        {
            Log.VmNotStarted(logger, entry.Name.Value, e.Message);
            if (process is null || await orphans.KillAsync(process, entry.Name) is null)
            {
                ReleaseCid(cid);
            }

            await CloseAsync(channel);
            return e.Message;
        }
    }

    /// <summary>Takes over a VMM that another start of the agent left running. Its process was checked to be the record's.</summary>
    internal void Adopt(VmEntry entry, VmRecord record, WatchedProcess process)
    {
        VmRun run = record.Run!;
        lock (_cids)
        {
            _usedCids.Add(run.Cid);
        }

        LogSource source = new(entry.Name, run.Id);
        GuestSession session = MakeSession(entry, record.Spec, source);
        if (record.Phase == VmPhase.Stopping)
        {
            // Its guest was told, or is when it connects; its end is no crash.
            session.RequestStop();
        }

        GuestChannelServer channel = Attach(session, GuestChannelServer.ListenWhenPossible(entry.Name, paths.GuestChannel(entry.Name), session, counters, logger));
        // Its guest says how it is when it connects again.
        (entry.Health, entry.Metrics) = (null, null);
        Follow(entry, new VmInstance(run, process, session, channel, VmMemory.OfAdoption(record.Spec)));
        Log.VmAdopted(logger, entry.Name.Value, process.Pid);
    }

    /// <summary>Removes what VMs that are not there any more have left of themselves with the kernel.</summary>
    internal void RemoveOthers() => launcher.RemoveOthers(name => table.All().Any(entry => entry.Instance is not null && entry.Name.Value == name));

    /// <summary>Closes the guests' channels. The VMs keep running and connect again to the next start of the agent.</summary>
    internal async Task DetachAsync()
    {
        foreach (VmEntry entry in table.All())
        {
            await CloseAsync(entry.Instance?.Channel);
        }
    }

    private static async Task CloseAsync(GuestChannelServer? channel)
    {
        if (channel is not null)
        {
            await channel.DisposeAsync();
        }
    }

    private static VmRecord RecordOfStart(VmRecord? before, VmSpec spec, VmRun run, DateTimeOffset now)
    {
        VmRecord record = new() { Spec = spec };
        bool again = before is not null && before.SpecDigest == record.SpecDigest;
        return record with
        {
            Phase = VmPhase.Starting,
            Run = run,
            Restarts = again ? before!.Restarts + (CountsAsRestart(spec, before.Exit) ? 1 : 0) : 0,
            Crashes = again ? before!.Crashes : 0,
            LastExitCode = again ? before!.LastExitCode : null,
            DueAt = spec.Schedule.Length > 0 ? JobSchedule.Next(spec.Schedule, now) : null,
        };
    }

    /// <summary>Nothing is ready before it runs, and what has probes not before they say so.</summary>
    private static VmHealth HealthOfStart(VmSpec spec) => new(
        StartedUp: false, Ready: false, spec.Probes == ProbeSet.None ? "" : "the workload starts");

    /// <summary>A job that runs again because it is due was not restarted.</summary>
    private static bool CountsAsRestart(VmSpec spec, VmExit? exit) =>
        exit is not null && (spec.Schedule.Length == 0 || exit.IsFailure);

    private GuestSession MakeSession(VmEntry entry, VmSpec spec, LogSource source)
    {
        GuestSession session = new(entry, spec, configs, table, source, logs, time, logger);
        session.WorkloadEnded += () => Disturbed?.Invoke(entry.Name);
        return session;
    }

    private static GuestChannelServer Attach(GuestSession session, GuestChannelServer channel)
    {
        session.Source.Acknowledge = sequence => channel.TrySend(new GuestLogAck(sequence));
        return channel;
    }

    private ulong StartTicksOf(int pid) =>
        proc.ReadStat(pid)?.StartTicks ?? throw new OsFaultException($"/proc/{pid}/stat: expected the VMM's start time, found nothing");

    private void Follow(VmEntry entry, VmInstance instance)
    {
        table.SetInstance(entry, instance);
        instance.Session.Begin();
        _ = Task.Run(() => FollowAsync(entry, instance));
    }

    private async Task FollowAsync(VmEntry entry, VmInstance instance)
    {
        int? status = await instance.Process.Exited;
        await instance.Channel.DrainAsync(time);
        logs.Release(entry.Name);
        string judge = status is int code && s_neverRuns.Contains(code) ? AgentVersion.Text : "";
        VmExit silent = ExplainEnd(entry.Name, new VmExit(null, Describe(entry.Name, status), time.GetUtcNow(), JudgedBy: judge));
        Log.VmmEnded(logger, entry.Name.Value, instance.Process.Pid, silent.Message);
        VmRunEnd end = new(silent, instance.Session.StopRequested, time.GetUtcNow(), Random.Shared.NextDouble());
        if (table.Note(entry, record => record.Run?.Id == instance.Run.Id ? end.Apply(record) : record) is StoreException fault)
        {
            counters.StoreFaults.Increment();
            Log.VmNotStarted(logger, entry.Name.Value, fault.Message);
        }

        ReleaseCid(instance.Run.Cid);
        table.SetInstance(entry, null);
        instance.Settle();
        Disturbed?.Invoke(entry.Name);
    }

    /// <summary>How a run ended whose guest did not say; the VM's cgroup knows whether the kernel killed it.</summary>
    internal VmExit ExplainEnd(ResourceName vm, VmExit otherwise) => launcher.TakeKill(vm) is MemoryKill kill
        ? new VmExit(null, kill.Text, time.GetUtcNow(), GuestExitCause.OutOfMemory)
        : otherwise;

    private string Describe(ResourceName vm, int? status)
    {
        string ending = status switch
        {
            null => "the VMM ended",
            0 => "the VM powered off",
            GuestCrashed => "the guest's kernel crashed",
            >= 128 => $"the VMM was ended by signal {status - 128}",
            _ => $"the VMM ended with code {status}",
        };
        return status == 0 || launcher.ReadLastWords(vm) is not { Length: > 0 } words ? ending : $"{ending}: {words}";
    }

    private uint TakeCid()
    {
        lock (_cids)
        {
            uint cid = FirstGuestCid;
            while (!_usedCids.Add(cid))
            {
                cid++;
            }

            return cid;
        }
    }

    private void ReleaseCid(uint cid)
    {
        lock (_cids)
        {
            _usedCids.Remove(cid);
        }
    }
}
