using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Telemetry;
using MicroVm.EdgeAgent.Tests.TestDoubles;

namespace MicroVm.EdgeAgent.Tests.Telemetry;

public sealed class HostParsersTests
{
    private const string Net = """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo: 100 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0
          eth0:7000000000 2 0 0 0 0 0 0     300 1 0 0 0 0 0 0
        vethx: 5 2 0 0 0 0 0 0 6 1 0 0 0 0 0 0
        """;

    [Fact]
    public void NetworkCounters_FileOfTheKernel_GivesBytesByLink()
    {
        NetworkCounters counters = NetworkCounters.Parse(Net);

        Assert.Equal(["eth0", "lo", "vethx"], counters.Links.Keys.Order());
        Assert.Equal((7_000_000_000UL, 300UL), counters.Links["eth0"]);
    }

    [Theory]
    [InlineData("eth0: 1 2 3")]
    [InlineData("eth0: x 2 0 0 0 0 0 0 300 1")]
    [InlineData("")]
    public void NetworkCounters_OtherText_HasNoLinks(string text) => Assert.Empty(NetworkCounters.Parse(text).Links);

    [Fact]
    public void OwnLinks_SomeHaveHardware_CountThoseAlone()
    {
        using TempDirectory sys = new();
        Directory.CreateDirectory(sys["eth0/device"]);

        Assert.Equal((7_000_000_000UL, 300UL), new OwnLinks(sys.Path).Sum(NetworkCounters.Parse(Net)));
    }

    [Fact]
    public void OwnLinks_NoneHasHardware_CountAllButTheLoopback()
    {
        using TempDirectory sys = new();

        Assert.Equal((7_000_000_005UL, 306UL), new OwnLinks(sys.Path).Sum(NetworkCounters.Parse(Net)));
    }

    [Fact]
    public void OwnLinks_HardwareComesLater_CountsFromThenOn()
    {
        using TempDirectory sys = new();
        OwnLinks links = new(sys.Path);
        _ = links.Sum(NetworkCounters.Parse(Net));

        Directory.CreateDirectory(sys["eth0/device"]);

        Assert.Equal((7_000_000_000UL, 300UL), links.Sum(NetworkCounters.Parse(Net)));
    }

    [Fact]
    public void Thermometer_SeveralZones_GivesTheWarmestThatIsReal()
    {
        using TempDirectory sys = new();
        foreach ((string zone, string degrees) in new[] { ("thermal_zone0", "41000\n"), ("thermal_zone1", "52500\n"), ("thermal_zone2", "999999\n"), ("thermal_zone3", "") })
        {
            Directory.CreateDirectory(sys[zone]);
            File.WriteAllText(sys[$"{zone}/temp"], degrees);
        }

        Assert.Equal(52_500, new Thermometer(sys.Path).Read());
        Assert.Null(new Thermometer(sys["nowhere"]).Read());
    }

    [Fact]
    public void ProcessIo_FileOfTheKernel_GivesWhatDisksDid()
    {
        Assert.Equal(new ProcessIo(4096, 512), ProcessIo.Parse("rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\nwrite_bytes: 512\ncancelled_write_bytes: 9\n"));
        Assert.Equal(default, ProcessIo.Parse("read_bytes: many\n"));
    }

    [Fact]
    public void KvmCounters_DirectoryOfTheProcess_GivesItsExits()
    {
        using TempDirectory sys = new();
        KvmCounters counters = new(sys.Path);
        Assert.Equal(0UL, counters.ReadExits(77));
        Directory.CreateDirectory(sys["77-12"]);
        Directory.CreateDirectory(sys["7-12"]);
        File.WriteAllText(sys["77-12/exits"], "123456\n");

        Assert.Equal(123_456UL, counters.ReadExits(77));
        Directory.Delete(sys["77-12"], recursive: true);
        Assert.Equal(0UL, counters.ReadExits(77));
    }

    [Fact]
    public void CpuTimes_Cores_AreThoseOfTheirLines()
    {
        List<CpuTimes> cores = [];
        CpuTimes.ParseCores("cpu  100 1 50 800 20 3 4 5 60 7\ncpu0 60 1 20 400 10 3 4 5 60 7\ncpu2 40 0 30 400 10 0 0 0 0 0\nintr 5\n", cores);

        Assert.Equal([new CpuTimes(93, 503), new CpuTimes(70, 480)], cores);
    }
}
