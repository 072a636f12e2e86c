namespace MicroVm.TestKit;

/// <summary>Ten VMs on a device whose memory is enough for six at their most and for ten at their least.</summary>
public sealed record MemoryLoadOptions
{
    /// <summary>How many VMs.</summary>
    public int Vms { get; init; } = 10;

    /// <summary>Least memory of each, in MiB.</summary>
    public required int MinMib { get; init; }

    /// <summary>Most memory of each, in MiB.</summary>
    public required int MaxMib { get; init; }

    /// <summary>What a loaded workload takes, in MiB.</summary>
    public required int LoadMib { get; init; }

    /// <summary>What a VM with load has at least: kernel, init, load, in MiB.</summary>
    public required int LoadedMib { get; init; }

    /// <summary>Memory of the device, in MiB.</summary>
    public required int DeviceMib { get; init; }

    /// <summary>A squashfs with <c>vmlinux</c> and <c>initramfs.cpio</c> for the guests; null for those of the release.</summary>
    public string? Media { get; init; }

    /// <summary>What VMs may have together: six at their most, with 8 MiB for each VMM.</summary>
    public int BudgetMib => 6 * (MaxMib + VmmMib);

    /// <summary>What the agent counts for a VMM.</summary>
    public static int VmmMib => 8;
}
