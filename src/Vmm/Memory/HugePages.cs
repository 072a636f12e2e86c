namespace MicroVm.Vmm.Memory;

/// <summary>What pages guest memory is made of.</summary>
internal enum HugePages
{
    /// <summary>4 KiB pages, but huge ones where the kernel is loaded and has its tables, when the host has transparent huge pages.</summary>
    None,

    /// <summary>The host may put huge pages in place of 4 KiB ones, unless its transparent_hugepage/enabled says "never".</summary>
    Transparent,

    /// <summary>2 MiB pages of the host's pool, reserved at the start.</summary>
    Huge2M,
}
