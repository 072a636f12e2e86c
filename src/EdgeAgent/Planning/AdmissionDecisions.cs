using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Planning;

/// <summary>
/// Who has memory when there is not enough for all: by priority, then by name, each that still fits. Pure, so that the same
/// desired state gives the same VMs on every start.
/// </summary>
internal static class AdmissionDecisions
{
    /// <summary>The word for a VM that does not fit.</summary>
    internal const string OverBudget = nameof(OverBudget);

    private const int NamesShown = 5;

    /// <summary>A verdict for every demand.</summary>
    /// <param name="demands">What is wanted.</param>
    /// <param name="budgetMib">What there is.</param>
    internal static IReadOnlyDictionary<ResourceName, MemoryVerdict> Decide(IEnumerable<MemoryDemand> demands, long budgetMib)
    {
        Dictionary<ResourceName, MemoryVerdict> verdicts = [];
        List<ResourceName> holders = [];
        long taken = 0;
        foreach (MemoryDemand demand in demands.OrderByDescending(one => one.Priority).ThenBy(one => one.Vm.Value, StringComparer.Ordinal))
        {
            MemoryVerdict verdict = Judge(demand, budgetMib, taken, holders);
            verdicts.Add(demand.Vm, verdict);
            int holds = verdict.Fits ? demand.CostMib : verdict.KeepsRunning ? demand.RunningMib : 0;
            if (holds > 0)
            {
                taken += holds;
                holders.Add(demand.Vm);
            }
        }

        return verdicts;
    }

    /// <summary>
    /// True when a VM may start in what is free. One that takes no more than what it replaces waits for nobody: on a device whose memory became less,
    /// or where a guest holds more than it was granted, each would wait for all.
    /// </summary>
    /// <param name="costMib">What it costs.</param>
    /// <param name="freeMib">What no other VM holds.</param>
    /// <param name="replacedMib">What that costs which runs under its name; 0 when nothing does.</param>
    internal static bool HasRoom(int costMib, long freeMib, int replacedMib) => costMib <= freeMib || costMib <= replacedMib;

    private static MemoryVerdict Judge(MemoryDemand demand, long budgetMib, long taken, List<ResourceName> holders)
    {
        long left = budgetMib - taken;
        if (demand.CostMib <= left)
        {
            return MemoryVerdict.Fitting with { StandInFits = demand.StandInMib <= left };
        }

        string others = holders.Count == 0 ? "" : $", of which {taken} MiB are for {Names(holders)}, which go before it";
        return new MemoryVerdict(
            false,
            demand.RunningMib > 0 && demand.RunningMib <= left,
            $"needs {demand.CostMib} MiB with its VMM; the device has {budgetMib} MiB for VMs{others}");
    }

    private static string Names(List<ResourceName> holders)
    {
        string shown = string.Join(", ", holders.Take(NamesShown));
        return holders.Count > NamesShown ? $"{shown} and {holders.Count - NamesShown} more" : shown;
    }
}
