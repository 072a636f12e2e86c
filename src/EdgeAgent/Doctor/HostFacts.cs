using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Telemetry;

namespace MicroVm.EdgeAgent.Doctor;

/// <summary>What was seen of the host. Plain data: <see cref="HostProbe"/> looks, <see cref="HostChecks"/> judges.</summary>
internal sealed record HostFacts
{
    /// <summary><c>x86_64</c>, <c>aarch64</c>, or what else this program was built for.</summary>
    public required string Architecture { get; init; }

    /// <summary>As uname(1) -r says.</summary>
    public required string KernelRelease { get; init; }

    /// <summary>Bytes of a page.</summary>
    public required int PageSizeBytes { get; init; }

    /// <summary>User that the doctor runs as; 0 is root.</summary>
    public required uint UserId { get; init; }

    /// <summary>The processor.</summary>
    public required CpuFacts Cpu { get; init; }

    /// <summary>KVM.</summary>
    public required KvmFacts Kvm { get; init; }

    /// <summary>Parts of the kernel.</summary>
    public required IReadOnlyDictionary<KernelFeature, FeatureState> Features { get; init; }

    /// <summary>Controllers of the cgroup v2 hierarchy; null when none is mounted.</summary>
    public required IReadOnlyList<string>? CgroupControllers { get; init; }

    /// <summary>Controllers that are mounted as cgroup v1.</summary>
    public IReadOnlyList<string> LegacyControllers { get; init; } = [];

    /// <summary>The kernel counts how long programs wait for memory (PSI).</summary>
    public bool HasPressure { get; init; } = true;

    /// <summary>Files that VMs are started with.</summary>
    public required IReadOnlyList<ProgramFile> Files { get; init; }

    /// <summary>Memory; null when the kernel does not say.</summary>
    public required MemoryInfo? Memory { get; init; }

    /// <summary>What the VMs of the desired state are to have in bytes; null when there is no desired state at hand.</summary>
    public ulong? WantedBytes { get; init; }

    /// <summary>The agent's data directory, or what of its path is there.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Room there; null when the kernel does not say.</summary>
    public required FileSystemSpace? Disk { get; init; }

    /// <summary>The clock.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Something keeps the clock right; null when the kernel does not say.</summary>
    public required bool? IsClockSynchronised { get; init; }

    /// <summary>The kernel has random numbers to give.</summary>
    public required bool HasEntropy { get; init; }

    /// <summary>Programs that networks, volumes and updates need, and where they are; null where there is none.</summary>
    public IReadOnlyDictionary<string, string?> Programs { get; init; } = new Dictionary<string, string?>();
}
