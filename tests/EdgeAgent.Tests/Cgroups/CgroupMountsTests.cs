using MicroVm.EdgeAgent.Cgroups;

namespace MicroVm.EdgeAgent.Tests.Cgroups;

public sealed class CgroupMountsTests
{
    [Fact]
    public void Parse_HybridHost_BothVersions()
    {
        CgroupMounts mounts = CgroupMounts.Parse(
            """
            31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
            32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
            35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
            a line of no form
            """);

        Assert.Equal("/sys/fs/cgroup/unified", mounts.Unified);
        Assert.Equal("/sys/fs/cgroup/cpu,cpuacct", mounts.Legacy["cpu"]);
        Assert.Equal("/sys/fs/cgroup/memory", mounts.Legacy["memory"]);
        Assert.False(mounts.Legacy.ContainsKey("pids"));
    }

    [Theory]
    [InlineData("0::/system.slice/microvm-agent.service\n", "/system.slice/microvm-agent.service")]
    [InlineData("9:name=systemd:/x\n0::/\n", "/")]
    [InlineData("4:memory:/x\n", "/")]
    [InlineData("", "/")]
    public void OwnPath_Text_IsThatOfVersionTwo(string text, string expected) => Assert.Equal(expected, CgroupMounts.OwnPath(text));
}
