using MicroVm.Vmm.Arch.X64.CpuTemplates;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Control;

/// <summary>Processors and memory of the VM.</summary>
internal sealed record MachineConfig
{
    internal const int MinVcpus = 1;
    internal const int MaxVcpus = 32;

    /// <summary>Processors, 1 to 32.</summary>
    internal int VcpuCount { get; init; } = 1;

    /// <summary>Guest memory in MiB, at least 1.</summary>
    internal int MemSizeMib { get; init; } = 128;

    /// <summary>Accepted as Firecracker accepts it, for 1 or an even number of processors. The guest sees one thread per core all the same.</summary>
    internal bool Smt { get; init; }

    /// <summary>KVM keeps a log of the pages that the guest writes. It costs the guest a fault per page, and nothing here reads it yet.</summary>
    internal bool TrackDirtyPages { get; init; }

    /// <summary>What guest memory is made of.</summary>
    internal HugePages HugePages { get; init; }

    /// <summary>What "cpu-config" changes of the processors; null for the host's own, with all that KVM offers.</summary>
    internal CpuTemplate? CpuTemplate { get; init; }

    /// <summary>Makes sure that the fields go together.</summary>
    /// <exception cref="VmConfigException">They do not.</exception>
    internal MachineConfig Checked()
    {
        if (Smt && VcpuCount > 1 && VcpuCount % 2 != 0)
        {
            throw new VmConfigException("machine-config.vcpu_count", "1 or an even number with smt", $"{VcpuCount}");
        }

        return HugePages == HugePages.Huge2M && MemSizeMib % 2 != 0
            ? throw new VmConfigException("machine-config.mem_size_mib", "an even number with huge_pages 2M", $"{MemSizeMib}")
            : this;
    }
}
