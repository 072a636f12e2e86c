using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Planning;

/// <summary>A VM that waits for memory.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Priority">Who goes first; the higher one does.</param>
/// <param name="CostMib">What it needs.</param>
/// <param name="FreeMib">What of that no other VM holds.</param>
/// <param name="Waited">For how long.</param>
internal sealed record MemoryWait(ResourceName Vm, int Priority, int CostMib, long FreeMib, TimeSpan Waited)
{
    /// <summary>What it lacks.</summary>
    internal long LackingMib => CostMib - FreeMib;
}
