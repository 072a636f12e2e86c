using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>A kernel that lies in guest memory, and what its file says about how to start it.</summary>
internal sealed record LoadedKernel
{
    internal required BootProtocol Protocol { get; init; }

    /// <summary>First instruction.</summary>
    internal required GuestAddress Entry { get; init; }

    /// <summary>First address behind everything the kernel uses before it reads the memory map.</summary>
    internal required ulong End { get; init; }

    /// <summary>Highest address an initrd byte may have.</summary>
    internal required ulong InitrdLimit { get; init; }

    /// <summary>Longest command line in bytes, without the terminating NUL; x86_64 alone, where kernels say that of themselves.</summary>
    internal uint CommandLineLimit { get; init; }

    /// <summary>A bzImage's setup header, from offset 0x1f1; empty for an ELF file.</summary>
    internal ReadOnlyMemory<byte> SetupHeader { get; init; }
}
