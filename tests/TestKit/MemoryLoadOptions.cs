namespace MicroVm.TestKit;

/// <summary>VMs on a device whose memory is enough for all at their least and not for all at their most.</summary>
public sealed record MemoryLoadOptions
{
    /// <summary><c>x86_64</c> or <c>aarch64</c>.</summary>
    public string Architecture { get; init; } = "x86_64";

    /// <summary>How many VMs.</summary>
    public int Vms { get; init; } = 10;

    /// <summary>For how many of them there is memory at their most.</summary>
    public int AtTheirMost { get; init; } = 6;

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

    /// <summary>What VMs may have together, with 8 MiB for each VMM.</summary>
    public int BudgetMib => AtTheirMost * (MaxMib + VmmMib);

    /// <summary>What the agent counts for a VMM.</summary>
    public static int VmmMib => 8;
}
