using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Telemetry;
using MicroVm.EdgeAgent.Telemetry.Clocks;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Tests.Telemetry;

public sealed class ProcParsersTests
{
    private const string Stat =
        "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 1 2 3 4 150 25 0 0 20 0 3 0 987654 1000 200 18446744073709551615 0 0";

    [Fact]
    public void ProcessStat_NameWithParenthesesAndSpaces_FindsTheFields() =>
        Assert.Equal(new ProcessStat('S', 175, 987654), ProcessStat.Parse(Stat));

    [Theory]
    [InlineData("")]
    [InlineData("4711 (x")]
    [InlineData("4711 (x) S 1 2")]
    [InlineData("4711 (x) S 1 4711 4711 0 -1 4194560 1 2 3 4 many 25 0 0 20 0 3 0 987654 1000")]
    public void ProcessStat_OtherText_IsNull(string text) => Assert.Null(ProcessStat.Parse(text));

    [Theory]
    [InlineData('Z', false)]
    [InlineData('R', true)]
    public void IsAlive_Zombie_IsNot(char state, bool expected) =>
        Assert.Equal(expected, new ProcessStat(state, 0, 0).IsAlive);

    [Fact]
    public void CpuTimes_FirstLine_SplitsBusyFromIdle()
    {
        CpuTimes times = CpuTimes.Parse("cpu  100 1 50 800 20 3 4 5 60 7\ncpu0 1 1 1 1\n")!.Value;

        Assert.Equal(new CpuTimes(163, 983), times);
    }

    [Fact]
    public void PermilleSince_EarlierLook_IsTheShareInBetween()
    {
        Assert.Equal(250, new CpuTimes(150, 1200).PermilleSince(new CpuTimes(100, 1000)));
        Assert.Equal(0, new CpuTimes(100, 1000).PermilleSince(new CpuTimes(100, 1000)));
        Assert.Equal(0, new CpuTimes(0, 0).PermilleSince(new CpuTimes(100, 1000)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cpu0 1 2 3 4 5 6")]
    [InlineData("cpu  a b c d e f g h")]
    public void CpuTimes_OtherText_IsNull(string text) => Assert.Null(CpuTimes.Parse(text));

    [Fact]
    public void MemoryInfo_Text_IsInBytes() => Assert.Equal(
        new MemoryInfo(2048 << 10, 512 << 10),
        MemoryInfo.Parse("MemTotal:        2048 kB\nMemFree:          100 kB\nMemAvailable:     512 kB\n"));

    [Fact]
    public void MemoryInfo_LineIsMissing_IsNull() => Assert.Null(MemoryInfo.Parse("MemTotal: 2048 kB\n"));

    [Fact]
    public void HostSampler_ThisMachine_GivesPlausibleNumbers()
    {
        HostSampler sampler = new(new ProcFileSystem(), Path.GetTempPath());
        ClockReading now = new DeviceClock("boot", TimeProvider.System).Read();

        HostSample sample = sampler.Take(now, NetworkCounters.Read(sampler.Proc));

        Assert.InRange(sample.MemoryUsedBytes, 1UL, sample.MemoryTotalBytes);
        Assert.InRange(sample.DiskUsedBytes, 1UL, sample.DiskTotalBytes);
        Assert.InRange(sample.AgentResidentBytes, 1UL, sample.MemoryTotalBytes);
        Assert.Equal(0, sample.CpuPermille);
        Assert.Empty(sample.CoreCpuPermille);
        Assert.InRange(now.UptimeMs / 1000, (long)sample.UptimeSeconds - 5, (long)sample.UptimeSeconds + 5);
        HostSample second = sampler.Take(now, NetworkCounters.Read(sampler.Proc));
        Assert.InRange(second.CpuPermille, 0, 1000);
        Assert.NotEmpty(second.CoreCpuPermille);
    }
}
