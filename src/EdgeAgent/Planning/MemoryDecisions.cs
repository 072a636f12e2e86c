namespace MicroVm.EdgeAgent.Planning;

/// <summary>
/// Who of the VMs whose memory may grow has how much. Pure. For any readings: nobody falls below its least or rises above its most;
/// all grants together stay within the room when all leasts do; nobody is raised by memory that another still holds; a grant moves a
/// step at a time unless the room shrank or the device is in need; with readings that stay, grants come to rest.
/// <code>
/// available after the grant:   0 ──── low ──── headroom ──────── high ────
///                              raise  │        rest, gives when        │ gives when calm
///                                     │        another is short        │
/// </code>
/// </summary>
internal static class MemoryDecisions
{
    /// <summary>Looks in a row at too much before it is taken: a load that comes back soon finds its memory.</summary>
    internal const int CalmTicks = 5;

    private const int HastySteps = 4;

    /// <summary>The VMs with their next grants, in the order in which memory is given out.</summary>
    /// <param name="vms">As they are.</param>
    /// <param name="roomMib">What all of them may have together.</param>
    /// <param name="pressure">How short the device itself is.</param>
    internal static IReadOnlyList<ElasticVm> Next(IReadOnlyList<ElasticVm> vms, long roomMib, HostPressure pressure)
    {
        ElasticVm[] order =
        [
            .. vms.OrderByDescending(vm => vm.Priority).ThenBy(vm => vm.AvailableAt(vm.GrantedMib)).ThenBy(vm => vm.Vm.Value, StringComparer.Ordinal),
        ];
        int[] next = [.. order.Select(vm => Math.Clamp(vm.GrantedMib, vm.MinMib, vm.MaxMib))];
        int[] calm = [.. order.Select(CalmOf)];
        for (int i = 0; i < order.Length; i++)
        {
            next[i] = Lower(order[i], next[i], calm[i], pressure);
        }

        Fit(order, next, roomMib);
        if (pressure == HostPressure.None)
        {
            long lacking = Raise(order, next, roomMib);
            if (lacking > 0)
            {
                Collect(order, next, lacking);
            }
        }

        return [.. order.Select((vm, i) => vm with { GrantedMib = next[i], CalmTicks = next[i] < vm.GrantedMib ? 0 : calm[i] })];
    }

    private static int CalmOf(ElasticVm vm) =>
        vm.AvailableMib is not null && vm.AvailableAt(vm.GrantedMib) > vm.HighMib && vm.GrantedMib > vm.MinMib ? Math.Min(vm.CalmTicks + 1, CalmTicks) : 0;

    /// <summary>What it can do without: when it has had too much for long, or the device needs it.</summary>
    private static int Lower(ElasticVm vm, int granted, int calm, HostPressure pressure)
    {
        if (vm.AvailableMib is null)
        {
            return granted;
        }

        (int goal, int steps) = pressure switch
        {
            HostPressure.High => (vm.TightMib, HastySteps),
            HostPressure.Some => (vm.FittingMib, 1),
            _ => (calm >= CalmTicks ? vm.FittingMib : granted, 1),
        };
        return Math.Max(Math.Min(granted, goal), granted - (vm.StepMib * steps));
    }

    /// <summary>The room has shrunk, because another VM has to have its least: the one of least priority gives first, what it needs last.</summary>
    private static void Fit(ElasticVm[] order, int[] next, long roomMib)
    {
        long over = next.Sum(static granted => (long)granted) - roomMib;
        for (int i = order.Length - 1; i >= 0 && over > 0; i--)
        {
            over -= Take(ref next[i], order[i].AvailableMib is null ? next[i] : order[i].TightMib, over);
        }

        for (int i = order.Length - 1; i >= 0 && over > 0; i--)
        {
            over -= Take(ref next[i], order[i].MinMib, over);
        }
    }

    /// <summary>Gives what is free to those that are short, and says how much is lacking. What is still held by another is not free.</summary>
    private static long Raise(ElasticVm[] order, int[] next, long roomMib)
    {
        long free = roomMib;
        for (int i = 0; i < order.Length; i++)
        {
            free -= Math.Max(next[i], order[i].HeldMib);
        }

        long lacking = 0, reserved = 0;
        for (int i = 0; i < order.Length; i++)
        {
            ElasticVm vm = order[i];
            if (i > 0 && vm.Priority < order[i - 1].Priority)
            {
                // Those that come first may need more at the next look: the others get what these cannot.
                (free, reserved) = (free - reserved, 0);
            }

            if (vm.AvailableMib is null || next[i] < vm.GrantedMib || vm.AvailableAt(next[i]) >= vm.LowMib)
            {
                continue;
            }

            // What it uses shows only as far as it has it: a guest that takes as it gets would crawl without the headroom on top.
            int wanted = Math.Min(Math.Max(vm.FittingMib, Math.Min(vm.MaxMib, next[i] + vm.HeadroomMib)), next[i] + vm.StepMib);
            // What it holds beyond its grant is counted already: to grant that takes nothing of what is free.
            int counted = Math.Max(next[i], vm.HeldMib);
            int granted = free < 0 ? next[i] : (int)Math.Min(wanted, counted + free);
            free -= Math.Max(0, granted - counted);
            lacking += wanted - granted;
            next[i] = granted;
            reserved += vm.MaxMib - granted;
        }

        return lacking;
    }

    /// <summary>Has those that are well off give for those that are short; these get it when it has been given back.</summary>
    private static void Collect(ElasticVm[] order, int[] next, long lacking)
    {
        for (int i = 0; i < order.Length; i++)
        {
            lacking -= Math.Max(0, order[i].HeldMib - next[i]);
        }

        int neediest = 0;
        while (neediest < order.Length && !IsShort(order[neediest]))
        {
            neediest++;
        }

        for (int i = order.Length - 1; i >= 0 && lacking > 0; i--)
        {
            ElasticVm vm = order[i];
            if (vm.AvailableMib is not null && !IsShort(vm) && vm.Priority <= order[neediest].Priority)
            {
                int goal = vm.Priority < order[neediest].Priority ? vm.TightMib : vm.FittingMib;
                lacking -= Take(ref next[i], Math.Max(goal, vm.GrantedMib - vm.StepMib), lacking);
            }
        }
    }

    private static bool IsShort(ElasticVm vm) =>
        vm.AvailableMib is not null && vm.AvailableAt(vm.GrantedMib) < vm.LowMib && vm.GrantedMib < vm.MaxMib;

    /// <summary>Takes down to a floor, and no more than is wanted; returns what it took.</summary>
    private static long Take(ref int granted, int floor, long wanted)
    {
        int taken = (int)Math.Clamp(granted - floor, 0, Math.Max(0, wanted));
        granted -= taken;
        return taken;
    }
}
