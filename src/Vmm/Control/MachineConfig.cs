using System.Runtime.InteropServices;
using MicroVm.Vmm.Arch.CpuTemplates;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Control;

/// <summary>Processors and memory of the VM.</summary>
internal sealed record MachineConfig
{
    internal const int MinVcpus = 1;
    internal const int MaxVcpus = 32;
    internal const int MaxMemSizeMib = 1 << 20;

    private const string BadVcpuCount =
        "Machine config error: The number of vCPUs must be greater than 0, less than 32 and must be 1 or an even number if SMT is enabled.";

    private const string BadMemSize =
        "Machine config error: The memory size (MiB) is either 0, or not a multiple of the configured page size.";

    /// <summary>Processors, 1 to 32.</summary>
    internal int VcpuCount { get; init; } = 1;

    /// <summary>Guest memory in MiB, at least 1.</summary>
    internal int MemSizeMib { get; init; } = 128;

    /// <summary>Accepted as Firecracker accepts it, on x86_64 for 1 or an even number of processors. The guest sees one thread per core all the same.</summary>
    internal bool Smt { get; init; }

    /// <summary>KVM keeps a log of the pages that the guest writes. It costs the guest a fault per page, and nothing here reads it yet.</summary>
    internal bool TrackDirtyPages { get; init; }

    /// <summary>What guest memory is made of.</summary>
    internal HugePages HugePages { get; init; }

    /// <summary>What "cpu-config" changes of the processors; null for the host's own, with all that KVM offers.</summary>
    internal CpuTemplate? CpuTemplate { get; init; }

    /// <summary>Makes sure that the numbers are possible and the fields go together.</summary>
    /// <exception cref="VmConfigException">They do not.</exception>
    internal MachineConfig Checked()
    {
        string? vcpus = VcpuCount is < MinVcpus or > MaxVcpus ? $"a whole number from {MinVcpus} to {MaxVcpus}"
            : Smt && RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "smt absent or false, since it is for x86_64"
            : Smt && VcpuCount > 1 && VcpuCount % 2 != 0 ? "1 or an even number with smt"
            : null;
        if (vcpus is not null)
        {
            throw new VmConfigException("machine-config.vcpu_count", vcpus, $"{VcpuCount}") { ApiText = BadVcpuCount };
        }

        string? memory = MemSizeMib == 0 ? $"a whole number from 1 to {MaxMemSizeMib}"
            : HugePages == HugePages.Huge2M && MemSizeMib % 2 != 0 ? "an even number with huge_pages 2M"
            : null;
        return memory is null ? this : throw new VmConfigException("machine-config.mem_size_mib", memory, $"{MemSizeMib}") { ApiText = BadMemSize };
    }
}
