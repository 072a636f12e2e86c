using MicroVm.EdgeAgent.Doctor;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Telemetry;

namespace MicroVm.EdgeAgent.Tests.Doctor;

public sealed class HostChecksTests
{
    private static CheckResult Of(HostFacts facts, string name) => Assert.Single(HostChecks.Judge(facts), result => result.Name == name);

    private static void AssertSays(HostFacts facts, string name, CheckStatus status, string words)
    {
        CheckResult result = Of(facts, name);
        Assert.Equal(status, result.Status);
        Assert.Contains(words, result.ToString(), StringComparison.Ordinal);
        Assert.Equal(status == CheckStatus.Ok, result.Advice.Length == 0);
    }

    private static HostFacts WithKvm(HostFacts host, KvmFacts kvm) => host with { Kvm = kvm };

    [Fact]
    public void GoodHost_OfEitherArchitecture_HasNothingToSay()
    {
        Assert.All(HostChecks.Judge(Hosts.X64()), static result => Assert.Equal(CheckStatus.Ok, result.Status));
        Assert.All(HostChecks.Judge(Hosts.Arm64()), static result => Assert.Equal(CheckStatus.Ok, result.Status));
        Assert.Equal("GICv2 and GICv3", Of(Hosts.Arm64(), "gic").Found);
        Assert.DoesNotContain(HostChecks.Judge(Hosts.X64()), static result => result.Name == "gic");
    }

    [Theory]
    [InlineData("svm", false, "modprobe kvm_amd")]
    [InlineData("vmx", false, "modprobe kvm_intel")]
    [InlineData(null, true, "nested virtualisation")]
    [InlineData(null, false, "firmware")]
    public void MissingKvm_OnX64_SaysWhatToDoByTheProcessor(string? flag, bool isVirtual, string advice)
    {
        HostFacts host = Hosts.X64() with { Cpu = new CpuFacts(flag, isVirtual), Kvm = new KvmFacts { Opening = KvmOpening.Missing } };
        AssertSays(host, "kvm", CheckStatus.Fail, "no /dev/kvm");
        Assert.Contains(advice, Of(host, "kvm").Advice, StringComparison.Ordinal);
        Assert.DoesNotContain(HostChecks.Judge(host), static result => result.Name is "kvm-features" or "virtualisation");
    }

    [Fact]
    public void MissingKvm_OnArm64_NamesTheExceptionLevel() =>
        AssertSays(WithKvm(Hosts.Arm64(), new KvmFacts { Opening = KvmOpening.Missing }), "kvm", CheckStatus.Fail, "EL2");

    [Fact]
    public void KvmWithoutPermission_NamesUserModeAndOwner()
    {
        HostFacts host = Hosts.X64() with
        {
            UserId = 1000,
            Kvm = new KvmFacts { Opening = KvmOpening.NoPermission, Detail = "Permission denied; rw-rw----, owner 0, group 104" },
        };
        AssertSays(host, "kvm", CheckStatus.Fail, "uid 1000 may not open (Permission denied; rw-rw----, owner 0, group 104)");
        AssertSays(host, "user", CheckStatus.Warn, "uid 1000");
    }

    [Fact]
    public void EmulatingKvm_FailsInPlainWords()
    {
        HostFacts host = Hosts.X64() with
        {
            Cpu = new CpuFacts(null, true),
            Kvm = new KvmFacts { Opening = KvmOpening.Opened, ApiVersion = 12, Trial = GuestTrial.Emulated, TrialDetail = "cmpxchg16b" },
        };
        AssertSays(host, "virtualisation", CheckStatus.Fail, "KVM without hardware virtualisation behind it");
        AssertSays(host, "kvm", CheckStatus.Ok, "opened");
    }

    [Fact]
    public void NestedHost_IsToldApart_AndIsWell() =>
        AssertSays(Hosts.X64() with { Cpu = new CpuFacts("vmx", true) }, "virtualisation", CheckStatus.Ok, "vmx, nested");

    [Theory]
    [InlineData(GuestTrial.Ran, null, CheckStatus.Warn)]
    [InlineData(GuestTrial.Emulated, "svm", CheckStatus.Fail)]
    [InlineData(GuestTrial.Failed, null, CheckStatus.Fail)]
    [InlineData(GuestTrial.Failed, "svm", CheckStatus.Fail)]
    [InlineData(GuestTrial.NoAnswer, "svm", CheckStatus.Fail)]
    internal void SignsThatDisagree_AreNeverWell(GuestTrial trial, string? flag, CheckStatus status)
    {
        HostFacts host = Hosts.X64() with
        {
            Cpu = new CpuFacts(flag, false),
            Kvm = new KvmFacts { Opening = KvmOpening.Opened, ApiVersion = 12, Trial = trial, TrialDetail = "why" },
        };
        Assert.Equal(status, Of(host, "virtualisation").Status);
    }

    [Fact]
    public void KvmThatLacksSomething_NamesIt()
    {
        KvmFacts good = Hosts.Arm64().Kvm;
        AssertSays(
            WithKvm(Hosts.Arm64(), good with { MissingCapabilities = ["KVM_CAP_IOEVENTFD", "KVM_CAP_ONE_REG"] }),
            "kvm-features", CheckStatus.Fail, "no KVM_CAP_IOEVENTFD, KVM_CAP_ONE_REG");
        AssertSays(WithKvm(Hosts.Arm64(), good with { ApiVersion = 11 }), "kvm-features", CheckStatus.Fail, "API 11");
        AssertSays(WithKvm(Hosts.Arm64(), good with { GicVersions = [] }), "gic", CheckStatus.Fail, "neither");
        AssertSays(WithKvm(Hosts.Arm64(), good with { GicVersions = [2] }), "gic", CheckStatus.Ok, "found GICv2;");
    }

    [Theory]
    [InlineData(4096, "x86_64", CheckStatus.Ok)]
    [InlineData(4096, "aarch64", CheckStatus.Ok)]
    [InlineData(16384, "aarch64", CheckStatus.Warn)]
    [InlineData(65536, "aarch64", CheckStatus.Warn)]
    [InlineData(65536, "x86_64", CheckStatus.Fail)]
    [InlineData(8192, "aarch64", CheckStatus.Fail)]
    internal void PageSize_IsTakenOrRefusedByName(int bytes, string architecture, CheckStatus status)
    {
        CheckResult result = Of(Hosts.X64() with { PageSizeBytes = bytes, Architecture = architecture }, "page-size");
        Assert.Equal(status, result.Status);
        Assert.Equal($"{bytes / 1024} KiB", result.Found);
    }

    [Theory]
    [InlineData("6.1.0-32-amd64", CheckStatus.Ok)]
    [InlineData("5.10.0-8", CheckStatus.Warn)]
    [InlineData("5.4.17-custom", CheckStatus.Warn)]
    [InlineData("4.19.0", CheckStatus.Fail)]
    [InlineData("", CheckStatus.Fail)]
    internal void Kernel_IsJudgedByItsRelease(string release, CheckStatus status) =>
        Assert.Equal(status, Of(Hosts.X64() with { KernelRelease = release }, "kernel").Status);

    [Theory]
    [InlineData(KernelFeature.IoUring, FeatureState.Missing, "io_uring", CheckStatus.Warn)]
    [InlineData(KernelFeature.IoUring, FeatureState.Forbidden, "io_uring", CheckStatus.Warn)]
    [InlineData(KernelFeature.Seccomp, FeatureState.Missing, "seccomp", CheckStatus.Fail)]
    [InlineData(KernelFeature.Tun, FeatureState.Missing, "tun", CheckStatus.Warn)]
    [InlineData(KernelFeature.Tun, FeatureState.Loadable, "tun", CheckStatus.Ok)]
    [InlineData(KernelFeature.Nftables, FeatureState.Missing, "nftables", CheckStatus.Warn)]
    [InlineData(KernelFeature.Bridge, FeatureState.Missing, "bridge", CheckStatus.Warn)]
    [InlineData(KernelFeature.RuleExpressions, FeatureState.Missing, "nftables-expressions", CheckStatus.Warn)]
    [InlineData(KernelFeature.Squashfs, FeatureState.Missing, "squashfs", CheckStatus.Warn)]
    [InlineData(KernelFeature.Overlay, FeatureState.Missing, "overlay", CheckStatus.Warn)]
    internal void KernelFeature_ThatIsNotThere_HasACheckOfItsName(KernelFeature feature, FeatureState state, string name, CheckStatus status) =>
        Assert.Equal(status, Of(Hosts.X64().With(feature, state), name).Status);

    [Fact]
    public void Cgroups_WithoutAControllerOrAtAll_AreNamed()
    {
        AssertSays(Hosts.Arm64() with { CgroupControllers = null }, "cgroup-v2", CheckStatus.Warn, "none mounted");
        AssertSays(Hosts.Arm64() with { CgroupControllers = [] }, "cgroup-v2", CheckStatus.Warn, "without controllers");
        HostFacts legacy = Hosts.Arm64() with { CgroupControllers = [], LegacyControllers = ["cpu", "cpuset", "memory", "pids"] };
        AssertSays(legacy, "cgroup-v2", CheckStatus.Ok, "v1 with cpu, memory, pids");
        AssertSays(legacy with { LegacyControllers = ["memory"] }, "cgroup-v2", CheckStatus.Warn, "v1 with memory alone");
        AssertSays(Hosts.X64() with { HasPressure = false }, "memory-pressure", CheckStatus.Warn, "psi=1");
        AssertSays(Hosts.Arm64() with { CgroupControllers = ["cpu", "pids"] }, "cgroup-v2", CheckStatus.Warn, "cgroup_enable=memory");
        AssertSays(Hosts.Arm64() with { CgroupControllers = ["memory"] }, "cgroup-v2", CheckStatus.Warn, "no cpu, pids");
    }

    [Fact]
    public void Memory_IsComparedWithWhatVmsMayGrowTo()
    {
        AssertSays(Hosts.X64() with { WantedBytes = 1UL << 30 }, "memory", CheckStatus.Ok, "1024 MiB available of 2048");
        AssertSays(Hosts.X64() with { WantedBytes = 3UL << 30 }, "memory", CheckStatus.Warn, "grow to 3072 MiB");
        AssertSays(Hosts.X64() with { Memory = new MemoryInfo(1UL << 30, 200UL << 20) }, "memory", CheckStatus.Warn, "200 MiB");
        AssertSays(Hosts.X64() with { Memory = new MemoryInfo(1UL << 30, 30UL << 20) }, "memory", CheckStatus.Fail, "30 MiB");
        AssertSays(Hosts.X64() with { Memory = null }, "memory", CheckStatus.Warn, "/proc");
    }

    [Fact]
    public void Disk_IsJudgedByWhatIsAvailable()
    {
        AssertSays(Hosts.X64() with { Disk = new FileSystemSpace(8UL << 30, 1UL << 30, 900UL << 20) }, "disk", CheckStatus.Warn, "900 MiB");
        AssertSays(Hosts.X64() with { Disk = new FileSystemSpace(8UL << 30, 1UL << 30, 9UL << 20) }, "disk", CheckStatus.Fail, "/var/lib/microvm");
        AssertSays(Hosts.X64() with { Disk = null }, "disk", CheckStatus.Fail, "/var/lib/microvm");
    }

    [Fact]
    public void ClockAndEntropy_AreWarnings_BecauseVmsRunWithoutThem()
    {
        AssertSays(Hosts.X64() with { Now = DateTimeOffset.UnixEpoch }, "clock", CheckStatus.Warn, "1970-01-01 00:00 UTC");
        AssertSays(Hosts.X64() with { IsClockSynchronised = false }, "clock", CheckStatus.Warn, "not synchronised");
        AssertSays(Hosts.X64() with { IsClockSynchronised = null }, "clock", CheckStatus.Ok, "2026-03-01");
        AssertSays(Hosts.X64() with { HasEntropy = false }, "entropy", CheckStatus.Warn, "not initialised");
    }

    [Fact]
    public void ProgramFile_WithAFault_IsNamedWithItsPlace() => AssertSays(
        Hosts.X64() with { Files = [new ProgramFile("guest-kernel", "/k", "no such file")] }, "guest-kernel", CheckStatus.Fail, "no such file at /k");

    [Fact]
    public void Judge_ProgramsMissing_WarnsWithTheirPackages()
    {
        HostFacts facts = Hosts.X64() with
        {
            Programs = new Dictionary<string, string?> { ["nft"] = null, ["mkfs.ext4"] = null, ["e2fsck"] = "/usr/sbin/e2fsck" },
        };
        Dictionary<string, CheckResult> results = HostChecks.Judge(facts).ToDictionary(static result => result.Name);

        Assert.Equal((CheckStatus.Warn, "install the package nftables"), (results["nft"].Status, results["nft"].Advice));
        Assert.Equal((CheckStatus.Warn, "install the package e2fsprogs"), (results["mkfs.ext4"].Status, results["mkfs.ext4"].Advice));
        Assert.Equal(CheckStatus.Ok, results["e2fsck"].Status);
    }
}
