using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;

namespace MicroVm.Shared.Tests.Topics;

public sealed class DeviceTopicTests
{
    private static readonly DeviceId s_device = DeviceId.Parse("edge-1");

    [Theory]
    [InlineData(UplinkKind.Hello, "mvm/1/d/edge-1/up/hello")]
    [InlineData(UplinkKind.Reported, "mvm/1/d/edge-1/up/reported")]
    [InlineData(UplinkKind.Telemetry, "mvm/1/d/edge-1/up/telemetry")]
    [InlineData(UplinkKind.Event, "mvm/1/d/edge-1/up/event")]
    [InlineData(UplinkKind.Reply, "mvm/1/d/edge-1/up/reply")]
    public void Up_RoundTrips(UplinkKind kind, string topic)
    {
        Assert.Equal(topic, DeviceTopic.Up(s_device, kind));
        Assert.True(DeviceTopic.TryParseUp(topic, out DeviceId device, out UplinkKind found));
        Assert.Equal((s_device, kind), (device, found));
        Assert.False(DeviceTopic.TryParseDown(topic, out _, out _));
    }

    [Theory]
    [InlineData(DownlinkKind.Desired, "mvm/1/d/edge-1/down/desired")]
    [InlineData(DownlinkKind.Command, "mvm/1/d/edge-1/down/command")]
    [InlineData(DownlinkKind.Ack, "mvm/1/d/edge-1/down/ack")]
    public void Down_RoundTrips(DownlinkKind kind, string topic)
    {
        Assert.Equal(topic, DeviceTopic.Down(s_device, kind));
        Assert.True(DeviceTopic.TryParseDown(topic, out DeviceId device, out DownlinkKind found));
        Assert.Equal((s_device, kind), (device, found));
        Assert.False(DeviceTopic.TryParseUp(topic, out _, out _));
    }

    [Fact]
    public void EveryKind_HasATopic()
    {
        Assert.All(Enum.GetValues<UplinkKind>(), static kind => Assert.True(DeviceTopic.TryParseUp(DeviceTopic.Up(s_device, kind), out _, out _)));
        Assert.All(Enum.GetValues<DownlinkKind>(), static kind => Assert.True(DeviceTopic.TryParseDown(DeviceTopic.Down(s_device, kind), out _, out _)));
    }

    [Fact]
    public void DownFilter_IsNoTopic()
    {
        Assert.Equal("mvm/1/d/edge-1/down/+", DeviceTopic.DownFilter(s_device));
        Assert.False(DeviceTopic.TryParseDown(DeviceTopic.DownFilter(s_device), out _, out _));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("mvm/1/d/")]
    [InlineData("mvm/1/d//up/hello")]
    [InlineData("mvm/1/d/+/up/hello")]
    [InlineData("mvm/1/d/#")]
    [InlineData("mvm/1/d/a/up/+")]
    [InlineData("mvm/1/d/a/up/#")]
    [InlineData("mvm/1/d/a/b/up/hello")]
    [InlineData("mvm/1/d/a/up/hello/")]
    [InlineData("mvm/1/d/a/up/hello/x")]
    [InlineData("mvm/1/d/a/up")]
    [InlineData("mvm/1/d/a/up/")]
    [InlineData("mvm/1/d/a/up/Hello")]
    [InlineData("mvm/1/d/a/UP/hello")]
    [InlineData("mvm/1/d/A/up/hello")]
    [InlineData("mvm/1/d/a\0/up/hello")]
    [InlineData("mvm/1/d/a/up/hello\0")]
    [InlineData("mvm/2/d/a/up/hello")]
    [InlineData("/mvm/1/d/a/up/hello")]
    [InlineData("$share/g/mvm/1/d/a/up/hello")]
    [InlineData("$SYS/mvm/1/d/a/up/hello")]
    [InlineData("mvm/1/d/\u0430/up/hello")]
    [InlineData("mvm/1/d/a/up/0")]
    public void Up_Malformed_IsRefused(string? topic) => Assert.False(DeviceTopic.TryParseUp(topic, out _, out _));

    [Fact]
    public void Up_WithAnOverlongDevice_IsRefused() => Assert.False(DeviceTopic.TryParseUp($"mvm/1/d/{new string('a', 65)}/up/hello", out _, out _));
}
