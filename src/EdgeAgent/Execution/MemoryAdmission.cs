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
            long starting = _starting.Where(pair => pair.Key != apartFrom && table.Find(pair.Key)?.Instance is null).Sum(pair => (long)pair.Value);
            return budgetMib - starting - table.All().Where(entry => entry.Name != apartFrom).Sum(HeldBy);
        }
    }

    /// <summary>Takes what a VM costs for its start, until <see cref="Release"/>; false when another took it since it was planned.</summary>
    internal bool TryReserve(VmSpec spec)
    {
        int cost = MemoryDemand.CostOf(spec);
        lock (_lock)
        {
            return cost <= FreeMib(spec.Name) && _starting.TryAdd(spec.Name, cost);
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

    /// <summary>The VMs that wait for memory.</summary>
    internal IEnumerable<ResourceName> Waiting() =>
        table.All().Where(entry => entry.Remark?.Reason == VmPlanner.WaitsForMemory).Select(entry => entry.Name);

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
