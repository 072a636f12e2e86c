using MicroVm.Vmm.Arch.Arm64.CpuTemplates;
using MicroVm.Vmm.Arch.X64.CpuTemplates;

namespace MicroVm.Vmm.Arch.CpuTemplates;

/// <summary>
/// What the operator changes of the processors that KVM offers on this host: Firecracker's custom CPU template. It is applied first; what
/// the platform sets (topology, boot state) comes after it and wins.
/// </summary>
/// <param name="Capabilities">Of KVM; every architecture.</param>
/// <param name="Cpuid">x86_64.</param>
/// <param name="Msrs">x86_64.</param>
internal sealed record CpuTemplate(
    IReadOnlyList<CapabilityModifier> Capabilities, IReadOnlyList<CpuidModifier> Cpuid, IReadOnlyList<MsrModifier> Msrs)
{
    /// <summary>Registers; 64-bit Arm.</summary>
    internal IReadOnlyList<RegisterModifier> Registers { get; init; } = [];

    /// <summary>Optional features of the processor; 64-bit Arm.</summary>
    internal IReadOnlyList<FeatureModifier> Features { get; init; } = [];
}
