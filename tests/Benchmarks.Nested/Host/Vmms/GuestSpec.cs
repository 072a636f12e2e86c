namespace MicroVm.Benchmarks.Nested.Host.Vmms;

/// <summary>A guest with one processor and <see cref="MemoryMib"/> of memory.</summary>
/// <param name="Kernel">bzImage or ELF.</param>
/// <param name="Initrd">Initramfs.</param>
/// <param name="Arguments">The kernel's command line.</param>
internal sealed record GuestSpec(string Kernel, string Initrd, string Arguments)
{
    internal const int MemoryMib = 128;

    /// <summary>A raw disk, or none.</summary>
    internal string? Disk { get; init; }

    /// <summary>Huge pages in all of our VMM's guest memory; the peer has them wherever the host has.</summary>
    internal bool HasHugePages { get; init; }

    /// <summary>With a network interface on the side's tap.</summary>
    internal bool HasNetwork { get; init; }

    /// <summary>Path of the hybrid socket (ours), or none. For the peer any value means a vsock device of the host's kernel.</summary>
    internal string? Vsock { get; init; }

    /// <summary>Where our VMM writes its metrics, or none.</summary>
    internal string? Metrics { get; init; }

    /// <summary>With a balloon that reports free pages, and an entropy device.</summary>
    internal bool HasBalloonAndEntropy { get; init; }

    /// <summary>Guest memory of the peer is a mapping with a name of its own, for the accounts of memory; ours is known by its size.</summary>
    internal bool HasNamedMemory { get; init; }
}
