using MicroVm.EdgeAgent.Doctor;

namespace MicroVm.EdgeAgent.Tests.Doctor;

public sealed class HostParsersTests
{
    private const string BuiltIn = "kernel/fs/overlayfs/overlay.ko\nkernel/net/core/failover.ko\n";
    private const string Dependencies = "kernel/drivers/net/tun.ko.xz:\nkernel/net/netfilter/nf_tables.ko: kernel/lib/libcrc32c.ko\nkernel/x/nf-odd.ko.zst:\n";

    [Theory]
    [InlineData("processor\t: 0\nflags\t\t: fpu vmx hypervisor lm\n", "vmx", true)]
    [InlineData("flags\t\t: fpu svm lm\n", "svm", false)]
    [InlineData("flags\t\t: fpu lm hypervisor\nflags: svm", null, true)]
    [InlineData("Features\t: fp asimd evtstrm\n", null, false)]
    [InlineData("", null, false)]
    public void CpuFlags_AreThoseOfTheFirstProcessor(string text, string? flag, bool isVirtual) =>
        Assert.Equal(new CpuFacts(flag, isVirtual), CpuFacts.Parse(text));

    [Theory]
    [InlineData("overlay", FeatureState.Present)]
    [InlineData("tun", FeatureState.Loadable)]
    [InlineData("nf_tables", FeatureState.Loadable)]
    [InlineData("nf_odd", FeatureState.Loadable)]
    [InlineData("kvm", FeatureState.Present)]
    [InlineData("libcrc32c", FeatureState.Missing)]
    internal void Modules_AreBuiltInLoadedOrOnDisk(string name, FeatureState state) =>
        Assert.Equal(
            state, new KernelModules(new StringReader(BuiltIn), new StringReader(Dependencies), static loaded => loaded == "kvm").StateOf(name));

    [Fact]
    public void User_IsTheEffectiveOne()
    {
        Assert.Equal(7u, HostProbe.EffectiveUser("Name:\tx\nUid:\t1000\t7\t7\t7\nGid:\t1\t2\t3\t4\n"));
        Assert.Equal(0u, HostProbe.EffectiveUser(""));
    }

    [Theory]
    [InlineData("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", "/sys/fs/cgroup")]
    [InlineData("proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n", "/sys/fs/cgroup/unified")]
    [InlineData("cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n", null)]
    public void Cgroup_IsWhereItIsMounted(string mounts, string? path) => Assert.Equal(path, HostProbe.CgroupMount(mounts));

    [Fact]
    public void Executable_ForAnotherArchitecture_IsSaidSo()
    {
        byte[] header = [.. "\x7f"u8, .. "ELF"u8, 2, 1, 1, .. new byte[11], 183, 0];
        Assert.Null(ProgramFile.FaultOfHeader(header, 183));
        Assert.Equal("an executable for another architecture (ELF machine 183)", ProgramFile.FaultOfHeader(header, 62));
        Assert.Equal("a file that is no ELF executable", ProgramFile.FaultOfHeader("#!/bin/sh\necho hello world"u8, 62));
        Assert.Equal("a file that is no ELF executable", ProgramFile.FaultOfHeader(header.AsSpan(0, 12), 62));
    }
}
