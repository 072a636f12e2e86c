namespace MicroVm.EdgeAgent.Planning;

/// <summary>
/// Who has to be restarted when a VM waits for memory and others do not give back what they hold beyond their grants. Pure. Only for one
/// of higher priority, when what is lacking is held that way, and when restarts of those of lower priority bring it: one at a time, the lowest first.
/// </summary>
internal static class ReclaimDecisions
{
    /// <summary>For so long a guest may give back by itself.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The VM to restart; null for none.</summary>
    /// <param name="waits">Who waits.</param>
    /// <param name="vms">Those whose memory may grow, and whose balloons work.</param>
    internal static MemoryReclaim? Decide(IEnumerable<MemoryWait> waits, IReadOnlyList<ElasticVm> vms)
    {
        long over = vms.Sum(static vm => (long)OverMib(vm));
        foreach (MemoryWait wait in waits.Where(static wait => wait.Waited >= Patience && wait.LackingMib > 0)
            .OrderByDescending(static wait => wait.Priority).ThenBy(static wait => wait.Vm.Value, StringComparer.Ordinal))
        {
            ElasticVm[] lower =
            [
                .. vms.Where(vm => vm.Priority < wait.Priority && OverMib(vm) > 0)
                    .OrderBy(static vm => vm.Priority).ThenByDescending(static vm => vm.Vm.Value, StringComparer.Ordinal),
            ];
            if (wait.LackingMib <= over && wait.LackingMib <= lower.Sum(static vm => (long)vm.HeldMib - vm.MinMib))
            {
                return new MemoryReclaim(lower[0].Vm, Text(lower[0], wait));
            }
        }

        return null;
    }

    private static int OverMib(ElasticVm vm) => Math.Max(0, vm.HeldMib - vm.GrantedMib);

    private static string Text(ElasticVm vm, MemoryWait wait) =>
        $"held {vm.HeldMib} MiB where {vm.GrantedMib} were granted; {wait.Vm}, which goes before it, has waited {Patience.TotalSeconds:0} s "
        + $"for {wait.CostMib} MiB, of which {Math.Max(0, wait.FreeMib)} are free";
}
