using MicroVm.EdgeAgent.Doctor;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Telemetry;

namespace MicroVm.EdgeAgent.Tests.Doctor;

/// <summary>Hosts that are as they should be, to be spoilt by tests.</summary>
internal static class Hosts
{
    internal static HostFacts X64() => new()
    {
        Architecture = "x86_64",
        KernelRelease = "6.1.0-32-cloud-amd64",
        PageSizeBytes = 4096,
        UserId = 0,
        Cpu = new CpuFacts("svm", false),
        Kvm = new KvmFacts { Opening = KvmOpening.Opened, ApiVersion = 12, Trial = GuestTrial.Ran },
        Features = Enum.GetValues<KernelFeature>().ToDictionary(static feature => feature, static _ => FeatureState.Present),
        CgroupControllers = ["cpuset", "cpu", "io", "memory", "pids"],
        Files = [new ProgramFile("vmm", "/usr/lib/microvm/microvm-vmm", null)],
        Memory = new MemoryInfo(2UL << 30, 1UL << 30),
        DataDirectory = "/var/lib/microvm",
        Disk = new FileSystemSpace(8UL << 30, 5UL << 30, 4UL << 30),
        Now = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero),
        IsClockSynchronised = true,
        HasEntropy = true,
    };

    internal static HostFacts Arm64() => X64() with
    {
        Architecture = "aarch64",
        Cpu = default,
        Kvm = new KvmFacts { Opening = KvmOpening.Opened, ApiVersion = 12, Trial = GuestTrial.NotTried, GicVersions = [2, 3] },
    };

    /// <summary>A host without <paramref name="feature"/>, or with another state of it.</summary>
    internal static HostFacts With(this HostFacts host, KernelFeature feature, FeatureState state) => host with
    {
        Features = new Dictionary<KernelFeature, FeatureState>(host.Features) { [feature] = state },
    };
}
