using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Execution;

/// <summary>
/// Keeps what <see cref="AdmissionDecisions"/> says of the VMs that shall run now, and finds whom a change concerns. Which these are is asked
/// for: the desired ones, or what there is while changes wait.
/// </summary>
internal sealed class MemoryAdmission(Func<IReadOnlyList<VmSpec>> wanted, VmTable table, long budgetMib)
{
    private readonly Lock _lock = new();
    private IReadOnlyDictionary<ResourceName, MemoryVerdict> _verdicts = new Dictionary<ResourceName, MemoryVerdict>();
    private readonly Dictionary<ResourceName, int> _starting = [];
    private (MemoryReclaim What, Guid Run)? _reclaim;
    private volatile IReadOnlyDictionary<ResourceName, int> _costs = new Dictionary<ResourceName, int>();

    /// <summary>What the device has for VMs and their VMMs, in MiB.</summary>
    internal long BudgetMib => budgetMib;

    /// <summary>The last verdict; a VM that nobody asked about fits.</summary>
    internal MemoryVerdict VerdictOf(ResourceName vm)
    {
        lock (_lock)
        {
            return _verdicts.TryGetValue(vm, out MemoryVerdict verdict) ? verdict : MemoryVerdict.Fitting;
        }
    }

    /// <summary>What is not held by VMs that run or are being started, apart from one, in MiB; a VM that is stopping still holds its own.</summary>
    internal long FreeMib(ResourceName apartFrom)
    {
        lock (_lock)
        {
            long starting = _starting.Where(pair => pair.Key != apartFrom)
                .Sum(pair => Math.Max(0, pair.Value - (table.Find(pair.Key) is VmEntry entry ? HeldBy(entry) : 0)));
            return budgetMib - starting - table.All().Where(entry => entry.Name != apartFrom).Sum(HeldBy);
        }
    }

    /// <summary>
    /// Takes what a VM costs for its start, until <see cref="Release"/>; false when another took it since it was planned. A replacement takes it before
    /// what it replaces is stopped, and has it then.
    /// </summary>
    internal bool TryReserve(VmSpec spec)
    {
        int cost = MemoryDemand.CostOf(spec);
        lock (_lock)
        {
            if (_starting.TryGetValue(spec.Name, out int taken) && cost <= taken)
            {
                return true;
            }

            int replaced = table.Find(spec.Name) is { Instance: not null, Record: VmRecord record } ? MemoryDemand.CostOf(record.Spec) : 0;
            if (!AdmissionDecisions.HasRoom(cost, FreeMib(spec.Name), replaced))
            {
                return false;
            }

            _starting[spec.Name] = cost;
            return true;
        }
    }

    /// <summary>The start is over: the VM runs, or does not.</summary>
    internal void Release(ResourceName vm)
    {
        lock (_lock)
        {
            _starting.Remove(vm);
        }
    }

    /// <summary>
    /// What the VMs whose memory may grow have together, in MiB: what is left when every other VM that runs, every VMM, and
    /// every VM that is to run and does not yet have theirs.
    /// </summary>
    internal long ElasticRoomMib()
    {
        long room = budgetMib;
        IReadOnlyDictionary<ResourceName, int> costs = _costs;
        foreach (VmEntry entry in table.All())
        {
            if (entry is { Instance: not null, Record: VmRecord record })
            {
                room -= MemoryDemand.OverheadMib + (MemoryDemand.IsElastic(record.Spec) ? 0 : record.Spec.MemoryMib);
            }
        }

        foreach ((ResourceName vm, int cost) in costs)
        {
            VmEntry? entry = table.Find(vm);
            int has = entry is { Instance: not null, Record: VmRecord record } ? MemoryDemand.CostOf(record.Spec) : 0;
            room -= VerdictOf(vm).Fits ? Math.Max(0, cost - has) : 0;
        }

        return room;
    }

    private static long HeldBy(VmEntry entry) => entry is { Instance: VmInstance instance, Record: VmRecord record }
        ? MemoryDemand.OverheadMib + (MemoryDemand.IsElastic(record.Spec) ? instance.Memory.CountedMib : record.Spec.MemoryMib)
        : 0;

    /// <summary>Decides anew.</summary>
    /// <returns>The VMs whose verdict is another one, and those that wait for memory.</returns>
    internal IReadOnlyList<ResourceName> Update()
    {
        // All of it: who looked earlier must not have the last word.
        lock (_lock)
        {
            List<MemoryDemand> demands = [.. wanted().Select(DemandOf).OfType<MemoryDemand>()];
            IReadOnlyDictionary<ResourceName, MemoryVerdict> next = AdmissionDecisions.Decide(demands, budgetMib);
            _costs = demands.ToDictionary(demand => demand.Vm, demand => demand.CostMib);
            IReadOnlyDictionary<ResourceName, MemoryVerdict> before = _verdicts;
            _verdicts = next;
            return [.. next.Where(pair => !before.TryGetValue(pair.Key, out MemoryVerdict was) ? !pair.Value.Fits : was != pair.Value)
                .Select(pair => pair.Key)
                .Union(Waiting())];
        }
    }

    /// <summary>The VMs that wait for memory, and the one that is to give it back.</summary>
    internal IEnumerable<ResourceName> Waiting() =>
        table.All().Where(entry => IsWaiting(entry) || ReclaimOf(entry) is not null).Select(entry => entry.Name);

    /// <summary>What those that wait for memory want to run.</summary>
    internal IReadOnlyList<VmSpec> WaitingSpecs() => [.. wanted().Where(spec => table.Find(spec.Name) is VmEntry entry && IsWaiting(entry))];

    /// <summary>Has a VM restarted, or none any more. Holds for the run that it has now.</summary>
    internal void Reclaim(MemoryReclaim? what)
    {
        Guid? run = what is null ? null : table.Find(what.Vm)?.Instance?.Run.Id;
        lock (_lock)
        {
            _reclaim = run is Guid id ? (what!, id) : null;
        }
    }

    /// <summary>Why a VM's run is to give back its memory; null when it is not.</summary>
    internal string? ReclaimOf(VmEntry entry)
    {
        lock (_lock)
        {
            return _reclaim is (MemoryReclaim what, Guid run) && what.Vm == entry.Name && entry.Instance?.Run.Id == run ? what.Message : null;
        }
    }

    private static bool IsWaiting(VmEntry entry) => entry.Remark?.Reason == VmPlanner.WaitsForMemory;

    /// <summary>Null for a job that has ended for good: it wants nothing any more.</summary>
    private MemoryDemand? DemandOf(VmSpec spec)
    {
        VmRecord? record = table.Find(spec.Name)?.Record;
        bool runs = table.Find(spec.Name)?.Instance is not null;
        bool same = record is not null && record.SpecDigest == spec.ContentDigest();
        if (!runs && same && spec.Schedule.Length == 0 && record!.Exit is VmExit exit && !VmPlanner.ShouldRestart(spec.RestartPolicy, exit))
        {
            return null;
        }

        int other = !same && record is not null ? MemoryDemand.CostOf(record.Spec) : 0;
        return new MemoryDemand(spec.Name, spec.Priority, MemoryDemand.CostOf(spec), runs ? other : 0, runs ? 0 : other);
    }
}
