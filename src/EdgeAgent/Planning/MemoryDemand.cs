using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Planning;

/// <summary>What one VM wants of the device's memory.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Priority">Who goes first; the higher one does.</param>
/// <param name="CostMib">What the desired specification costs.</param>
/// <param name="RunningMib">What the specification that runs costs, when it is another one; 0 when none does.</param>
/// <param name="StandInMib">What the specification that ran last costs, when it is another one and nothing runs; 0 when there is none.</param>
internal sealed record MemoryDemand(ResourceName Vm, int Priority, int CostMib, int RunningMib = 0, int StandInMib = 0)
{
    /// <summary>What a VMM costs beside the guest's memory: itself, the kernel's tables and buffers for it.</summary>
    internal const int OverheadMib = 8;

    /// <summary>True for a VM that may have more than what it always has.</summary>
    internal static bool IsElastic(VmSpec spec) => spec.MemoryMinMib > 0 && spec.MemoryMinMib < spec.MemoryMib;

    /// <summary>What a VM always has, in MiB.</summary>
    internal static int LeastOf(VmSpec spec) => IsElastic(spec) ? spec.MemoryMinMib : spec.MemoryMib;

    /// <summary>What a specification costs: the memory that it always has, and its VMM.</summary>
    internal static int CostOf(VmSpec spec) => LeastOf(spec) + OverheadMib;
}
