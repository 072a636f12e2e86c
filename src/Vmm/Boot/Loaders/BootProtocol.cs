namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>In which state a kernel wants to be entered.</summary>
internal enum BootProtocol
{
    /// <summary>Long mode with the zero page in RSI (x86 boot protocol, 64-bit entry).</summary>
    Linux64,

    /// <summary>32-bit protected mode without paging and hvm_start_info in EBX (Xen's PVH).</summary>
    Pvh,

    /// <summary>EL1 without translation and the device tree in x0 (Documentation/arch/arm64/booting.rst).</summary>
    Arm64,
}
