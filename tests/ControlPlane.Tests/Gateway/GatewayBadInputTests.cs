using System.Text.Json;
using MicroVm.ControlPlane.Host.Gateway;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Topics;
using MQTTnet;
using MQTTnet.Packets;

namespace MicroVm.ControlPlane.Tests.Gateway;

/// <summary>Bytes that are not what they should be.</summary>
public sealed class GatewayBadInputTests
{
    public static TheoryData<string, byte[]> BadDocuments() => new()
    {
        { "empty", [] },
        { "truncated", new TelemetryBatch { Header = new UplinkHeader(Guid.NewGuid(), 1, 0) }.Encode()[..^3] },
        { "deep", [0xA1, 0x18, 0x63, .. Enumerable.Repeat((byte)0x81, 5000), 0x01] },
        { "array that lies about its length", [0xA1, 0x0A, 0x9A, 0xFF, 0xFF, 0xFF, 0xFF] },
        { "text that lies about its length", [0xA1, 0x0A, 0x7A, 0x7F, 0xFF, 0xFF, 0xFF] },
        { "map that lies about its length", [0xBB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF] },
        { "no CBOR", "not cbor at all"u8.ToArray() },
        { "another type", [0x01] },
        { "indefinite", [0xBF, 0xFF] },
    };

    [Theory]
    [MemberData(nameof(BadDocuments))]
    public async Task Uplink_ThatIsNoMessage_IsRefusedCountedAndTheConnectionKept(string what, byte[] payload)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        foreach (UplinkKind kind in new[] { UplinkKind.Hello, UplinkKind.Reported, UplinkKind.Telemetry })
        {
            MqttClientPublishResult result = await device.PublishAsync(kind, payload);
            Assert.True(result.ReasonCode == MqttClientPublishReasonCode.PayloadFormatInvalid, $"{what} as {kind}: {result.ReasonCode}");
        }

        Assert.Empty(await device.DrainAsync());
        using JsonDocument status = JsonDocument.Parse(await controlPlane.Http.GetStringAsync("/api/v1/status"));
        Assert.Equal(3, status.RootElement.GetProperty("counters").GetProperty("uplinksMalformed").GetInt64());
        Assert.False(device.Disconnected.IsCompleted);
    }

    [Fact]
    public async Task Report_BeforeAnyHello_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = new("edge-1");
        await device.ConnectAsync(controlPlane);

        MqttClientPublishResult report = await device.PublishAsync(
            UplinkKind.Reported, new ReportedState(device.NextHeader(), 0, []).Encode());
        MqttClientPublishResult telemetry = await device.PublishAsync(
            UplinkKind.Telemetry, new TelemetryBatch { Header = device.NextHeader() }.Encode());

        Assert.Equal("expected a hello first", report.ReasonString);
        Assert.Equal("expected a hello first", telemetry.ReasonString);
        Assert.Empty((await controlPlane.GetAsync("/api/v1/devices", Shared.Contracts.Api.ApiJsonContext.Default.ListViewDeviceView)).Items);
    }

    [Fact]
    public async Task LengthBomb_AfterConnect_IsCutOff()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using RawMqtt raw = await RawMqtt.ConnectAsync(controlPlane, "edge-1");

        await raw.SendAsync([0x32, 0xFF, 0xFF, 0xFF, 0x7F]);

        Assert.True(await raw.IsClosedAsync());
        Assert.Equal(1, controlPlane.Counters.PacketsOversized);
    }

    [Fact]
    public async Task Device_ThatNeverAcknowledges_IsDisconnectedAndWhatItIsOwedIsBounded()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using (FakeDevice registered = await new FakeDevice("edge-1").StartAsync(controlPlane))
        {
            await registered.DrainAsync();
        }

        await using RawMqtt raw = await RawMqtt.ConnectAsync(controlPlane, "edge-1");
        await raw.SendAsync(new MqttSubscribePacket { PacketIdentifier = 1, TopicFilters = [new MqttTopicFilter { Topic = "mvm/1/d/edge-1/down/+" }] });
        for (ulong sequence = 1; sequence <= GatewayLimits.UnacknowledgedDownlinks + 1; sequence++)
        {
            // Quality of service 0: nothing else is answered, so that every downlink is an acknowledgement of telemetry.
            await raw.SendAsync(new MqttPublishPacket
            {
                Topic = "mvm/1/d/edge-1/up/telemetry",
                PayloadSegment = new TelemetryBatch { Header = new UplinkHeader(Guid.NewGuid(), sequence, 0) }.Encode(),
            });
        }

        Assert.True(await raw.IsClosedAsync());
        Assert.Equal(1, controlPlane.Counters.DownlinksDropped);
        Assert.Equal(GatewayLimits.UnacknowledgedDownlinks + 1, controlPlane.Counters.Downlinks);
    }

    [Theory]
    [InlineData(new byte[] { 0x30, 0x02, 0x00, 0x00 })]
    [InlineData(new byte[] { 0x10, 0x80, 0x80, 0x80, 0x80 })]
    [InlineData(new byte[] { 0x47, 0x45, 0x54, 0x20, 0x2F })]
    public async Task FirstPacket_ThatIsNoConnect_EndsTheConnection(byte[] bytes)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using RawMqtt raw = await RawMqtt.OpenAsync(controlPlane);

        await raw.SendAsync(bytes);

        Assert.True(await raw.IsClosedAsync());
        Assert.Equal(1, controlPlane.Counters.PacketsMalformed);
    }

    [Fact]
    public async Task LargestDocument_IsTaken_AndOneByteMoreIsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        MqttClientPublishResult largest = await device.PublishAsync(UplinkKind.Reported, new byte[1 << 20]);
        MqttClientPublishResult larger = await device.PublishAsync(UplinkKind.Reported, new byte[(1 << 20) + 1]);

        Assert.Equal(MqttClientPublishReasonCode.PayloadFormatInvalid, largest.ReasonCode);
        Assert.Equal(MqttClientPublishReasonCode.NotAuthorized, larger.ReasonCode);
        Assert.False(device.Disconnected.IsCompleted);
    }
}
