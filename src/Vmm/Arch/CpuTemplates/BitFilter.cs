namespace MicroVm.Vmm.Arch.CpuTemplates;

/// <summary>Which bits of a register are forced, and to what. Bits of <paramref name="Value"/> outside <paramref name="Mask"/> are zero.</summary>
internal readonly record struct BitFilter(ulong Mask, ulong Value)
{
    /// <summary>The register afterwards.</summary>
    internal ulong Apply(ulong register) => (register & ~Mask) | Value;
}
