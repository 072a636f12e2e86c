namespace MicroVm.Vmm.Memory;

/// <summary>What pages guest memory is made of.</summary>
internal enum HugePages
{
    /// <summary>4 KiB pages.</summary>
    None,

    /// <summary>The host may put huge pages in place of 4 KiB ones, when its shmem_enabled says "advise".</summary>
    Transparent,

    /// <summary>2 MiB pages of the host's pool, reserved at the start.</summary>
    Huge2M,
}
