using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Telemetry;
using MicroVm.EdgeAgent.Vms;
using MicroVm.EdgeAgent.Vms.Control;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Execution;

/// <summary>
/// Moves memory between the VMs that may have more than their least: looks at their balloons and the device, has
/// <see cref="MemoryDecisions"/> decide, and tells the VMMs, those that give before those that get. Where telling does not help one that waits,
/// <see cref="ReclaimDecisions"/> says who is restarted.
/// </summary>
internal sealed class ElasticMemory(
    VmTable table, MemoryAdmission admission, VmPaths paths, VmmApi vmms, ProcFileSystem proc, TimeProvider time, ILogger logger)
{
    private const int BytesPerMib = 1 << 20;

    // A VMM that does not answer costs seconds: after some failures it is asked seldom.
    private const int FaultsUntilSeldom = 5, SeldomTicks = 15;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_tellPeriod = TimeSpan.FromSeconds(30);

    private readonly Dictionary<ResourceName, long> _waitingSince = [];
    private HostPressure _pressure;
    private bool _moved;
    private long _toldAt = time.GetTimestamp();

    /// <summary>Raised after grants have moved, seldom enough to be reported each time.</summary>
    internal event Action? Moved;

    /// <summary>Raised after each look: guests may have given back what others wait for.</summary>
    internal event Action? Looked;

    /// <summary>Looks and moves for ever, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(s_period, time, cancellation);
            await TickAsync(cancellation);
        }
    }

    /// <summary>Looks and moves once.</summary>
    internal async Task TickAsync(CancellationToken cancellation)
    {
        NoteWaiting();
        List<VmEntry> entries = [];
        foreach (VmEntry entry in table.All())
        {
            if (entry is { Instance: VmInstance instance, Record: VmRecord record } && MemoryDemand.IsElastic(record.Spec))
            {
                await LookAsync(entry, instance, record.Spec.MemoryMib, cancellation);
                entries.Add(entry);
            }
        }

        if (entries.Count == 0 || MemoryInfo.Parse(proc.TryRead("meminfo") ?? "") is not MemoryInfo host)
        {
            return;
        }

        HostPressure before = _pressure;
        _pressure = PressureDecisions.Next(before, PressureReading.Parse(proc.TryRead("pressure/memory") ?? ""), host);
        if (_pressure != before)
        {
            Log.MemoryPressure(logger, before, _pressure, (long)host.AvailableBytes / BytesPerMib);
        }

        await MoveAsync(entries, cancellation);
    }

    private void NoteWaiting()
    {
        HashSet<ResourceName> waiting = [.. admission.WaitingSpecs().Select(static spec => spec.Name)];
        foreach (ResourceName over in _waitingSince.Keys.Except(waiting).ToArray())
        {
            _waitingSince.Remove(over);
        }

        foreach (ResourceName name in waiting)
        {
            _waitingSince.TryAdd(name, time.GetTimestamp());
        }
    }

    private void Reclaim(List<VmEntry> entries)
    {
        List<MemoryWait> waits = [];
        foreach (VmSpec spec in admission.WaitingSpecs())
        {
            TimeSpan waited = _waitingSince.TryGetValue(spec.Name, out long since) ? time.GetElapsedTime(since) : TimeSpan.Zero;
            waits.Add(new MemoryWait(spec.Name, spec.Priority, MemoryDemand.CostOf(spec), admission.FreeMib(spec.Name), waited));
        }

        // A guest that starts has not got its balloon yet: a restart would bring it back to where it is.
        admission.Reclaim(ReclaimDecisions.Decide(
            waits, [.. entries.Where(static entry => entry.Instance?.Memory.BalloonWorks ?? false).Select(AsElastic).OfType<ElasticVm>()]));
    }

    private static ElasticVm? AsElastic(VmEntry entry) => entry is { Instance.Memory: VmMemory memory, Record: VmRecord record }
        ? new ElasticVm(
            entry.Name, record.Spec.Priority, MemoryDemand.LeastOf(record.Spec), record.Spec.MemoryMib, memory.GrantedMib, memory.HeldMib, memory.AvailableMib, memory.CalmTicks)
        : null;

    private async Task LookAsync(VmEntry entry, VmInstance instance, int maxMib, CancellationToken cancellation)
    {
        VmMemory memory = instance.Memory;
        if (memory.SkippedTicks > 0)
        {
            memory.SkippedTicks--;
            return;
        }

        try
        {
            Note(instance, maxMib, await vmms.ReadBalloonAsync(paths.Api(entry.Name), cancellation));
            memory.Faults = 0;
        }
        catch (IOException e)
        {
            memory.AvailableMib = null;
            if (++memory.Faults >= FaultsUntilSeldom)
            {
                memory.SkippedTicks = SeldomTicks;
                Log.BalloonUnknown(logger, entry.Name.Value, e.Message);
            }
        }
    }

    /// <summary>Takes over what a VMM says: the target is what was told to it last, by whichever start of the agent.</summary>
    private void Note(VmInstance instance, int maxMib, BalloonReading reading)
    {
        VmMemory memory = instance.Memory;
        int granted = Math.Max(0, maxMib - reading.TargetMib);
        memory.BalloonWorks |= HasArrived(reading, memory.BalloonMib);
        memory.BalloonMib = reading.ActualMib;
        // Until the guest's balloon is there, what was touched is all that the guest can have.
        int resident = (int)Math.Min(maxMib, (long)proc.ReadResidentBytes(instance.Process.Pid) / BytesPerMib);
        (memory.GrantedMib, memory.HeldMib) = (granted, memory.BalloonWorks ? Math.Max(0, maxMib - reading.ActualMib) : resident);
        memory.AvailableMib = memory.BalloonWorks && reading.AvailableBytes is long available ? (int)Math.Min(maxMib, available / BytesPerMib) : null;
    }

    /// <summary>
    /// True once a guest that starts has filled its balloon, or as much of it as it can: one whose least is too little for it keeps
    /// the rest, and has to be given more.
    /// </summary>
    private static bool HasArrived(BalloonReading reading, int before) => reading.TargetMib == 0
        ? reading.AvailableBytes is not null
        : reading.ActualMib > 0 && (reading.ActualMib >= reading.TargetMib || reading.ActualMib == before);

    private async Task MoveAsync(List<VmEntry> entries, CancellationToken cancellation)
    {
        List<ElasticVm> vms = [.. entries.Select(AsElastic).OfType<ElasticVm>()];
        IReadOnlyList<ElasticVm> next = MemoryDecisions.Next(vms, admission.ElasticRoomMib(), _pressure);
        foreach (ElasticVm vm in next.OrderBy(vm => vm.GrantedMib - vms.First(one => one.Vm == vm.Vm).GrantedMib))
        {
            await TellAsync(vm, cancellation);
        }

        Reclaim(entries);
        Looked?.Invoke();
        if (_moved && time.GetElapsedTime(_toldAt) >= s_tellPeriod)
        {
            (_moved, _toldAt) = (false, time.GetTimestamp());
            Moved?.Invoke();
        }
    }

    private async Task TellAsync(ElasticVm vm, CancellationToken cancellation)
    {
        if (table.Find(vm.Vm)?.Instance is not VmInstance instance)
        {
            return;
        }

        VmMemory memory = instance.Memory;
        memory.CalmTicks = vm.CalmTicks;
        int before = memory.GrantedMib;
        if (vm.GrantedMib == before)
        {
            return;
        }

        try
        {
            await vmms.SetBalloonAsync(paths.Api(vm.Vm), vm.MaxMib - vm.GrantedMib, cancellation);
            memory.GrantedMib = vm.GrantedMib;
            _moved = true;
            Log.MemoryMoved(logger, vm.Vm.Value, before, vm.GrantedMib, vm.HeldMib, vm.AvailableMib ?? -1);
        }
        catch (IOException e)
        {
            // Nobody knows whether it was told: it counts with the more of both until the next look says.
            memory.GrantedMib = Math.Max(before, vm.GrantedMib);
            Log.BalloonUnknown(logger, vm.Vm.Value, e.Message);
        }
    }
}
