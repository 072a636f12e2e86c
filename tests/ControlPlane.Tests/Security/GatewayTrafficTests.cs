using System.Buffers;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace MicroVm.ControlPlane.Tests.Security;

/// <summary>What an enrolled device that turned bad may try.</summary>
public sealed class GatewayTrafficTests
{
    [Theory]
    [InlineData("#")]
    [InlineData("+/+")]
    [InlineData("$SYS/#")]
    [InlineData("mvm/1/d/edge-2/down/+")]
    [InlineData("mvm/1/d/+/down/+")]
    [InlineData("mvm/1/d/edge-1/down/#")]
    [InlineData("mvm/1/d/edge-1/up/+")]
    [InlineData("$share/g/#")]
    [InlineData("$share/g/mvm/1/d/edge-1/down/+")]
    public async Task Subscription_ToAnythingButItsOwnDownlinks_IsRefused(string filter)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        MqttClientSubscribeResult result = await device.SubscribeAsync(filter);

        Assert.True(Assert.Single(result.Items).ResultCode > MqttClientSubscribeResultCode.GrantedQoS2);
        Assert.Empty(await device.DrainAsync());
    }

    [Theory]
    [InlineData("mvm/1/d/edge-1/down/desired")]
    [InlineData("mvm/1/d/edge-2/down/desired")]
    [InlineData("mvm/1/d/edge-2/up/reported")]
    [InlineData("$SYS/broker")]
    public async Task Publish_ToDownlinksOrToOthers_IsRefusedAndReachesNobody(string topic)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await using FakeDevice other = await new FakeDevice("edge-2").StartAsync(controlPlane);

        MqttClientPublishResult result = await device.PublishAsync(new MqttApplicationMessage { Topic = topic, PayloadSegment = new byte[] { 1 } });

        Assert.Equal(MqttClientPublishReasonCode.NotAuthorized, result.ReasonCode);
        Assert.Empty(await device.DrainAsync());
        Assert.Empty(await other.DrainAsync());
    }

    [Fact]
    public async Task RetainedPublish_IsRefusedAndNothingIsKept()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using (FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane))
        {
            MqttClientPublishResult result = await device.PublishAsync(
                new MqttApplicationMessage { Topic = DeviceTopic.Up(device.Id, UplinkKind.Reported), Retain = true, PayloadSegment = new byte[] { 1 } });
            Assert.Equal(MqttClientPublishReasonCode.NotAuthorized, result.ReasonCode);
        }

        await using FakeDevice later = await new FakeDevice("edge-1").StartAsync(controlPlane);
        Assert.Empty(await later.DrainAsync());
    }

    [Fact]
    public async Task QualityOfService2_WithAReusedPacketId_IsNeverTaken()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using RawMqtt raw = await RawMqtt.ConnectAsync(controlPlane, "edge-1");
        await using FakeDevice other = await new FakeDevice("edge-2").StartAsync(controlPlane);
        long uplinks = controlPlane.Counters.Uplinks;

        for (int i = 0; i < 3; i++)
        {
            await raw.SendAsync(new MqttPublishPacket
            {
                Topic = "mvm/1/d/edge-1/up/hello",
                QualityOfServiceLevel = MqttQualityOfServiceLevel.ExactlyOnce,
                PacketIdentifier = 7,
                Payload = new ReadOnlySequence<byte>([1]),
            });
        }

        await raw.SendAsync(new MqttDisconnectPacket());
        Assert.True(await raw.IsClosedAsync());
        Assert.Empty(await other.DrainAsync());
        Assert.Equal(uplinks + 1, controlPlane.Counters.Uplinks);
    }

    /// <summary>Types 0 to 15, each with no body, a short one and one of 0xFF, before CONNECT, after it, and after a DISCONNECT.</summary>
    [Theory]
    [InlineData("before CONNECT")]
    [InlineData("after CONNECT")]
    [InlineData("after DISCONNECT")]
    public async Task EveryPacketType_InEveryState_HarmsNobody(string state)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice other = await new FakeDevice("edge-2").StartAsync(controlPlane);
        byte[][] bodies = [[0], [2, 0, 1], [3, 0xFF, 0xFF, 0xFF]];
        for (int type = 0; type < 16; type++)
        {
            foreach (byte[] body in bodies)
            {
                await using RawMqtt raw = state == "before CONNECT"
                    ? await RawMqtt.OpenAsync(controlPlane)
                    : await RawMqtt.ConnectAsync(controlPlane, "edge-1");
                try
                {
                    await raw.SendAsync(state == "after DISCONNECT" ? [0xE0, 0x00, (byte)(type << 4), .. body] : [(byte)(type << 4), .. body]);
                    await raw.SendAsync([0xE0, 0x00]);
                }
                catch (IOException)
                {
                    // Cut off already.
                }

                Assert.True(await raw.IsClosedAsync());
            }
        }

        Assert.Empty(await other.DrainAsync());
        Assert.False(other.Disconnected.IsCompleted);
    }

    public static TheoryData<string, byte[]> Bombs() => new()
    {
        { "deep", [0xA1, 0x18, 0x63, .. Enumerable.Repeat((byte)0x81, 60_000), 0x01] },
        { "deep tags", [0xA1, 0x18, 0x63, .. Enumerable.Repeat((byte)0xC1, 60_000), 0x01] },
        { "huge array", [0xA1, 0x0A, 0x9B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF] },
        { "huge text", [0xA1, 0x0A, 0x7B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF] },
        { "chained lengths", [0x5F, .. Enumerable.Repeat<byte[]>([0x5A, 0x7F, 0xFF, 0xFF, 0xFF], 1000).SelectMany(static one => one)] },
        { "duplicate keys", [0xA2, 0x00, 0x01, 0x00, 0x01] },
        { "trailing bytes", [.. new ReportedState(new UplinkHeader(Guid.NewGuid(), 1, 0), 0, []).Encode(), 0x00] },
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public async Task CborBomb_IsRefusedAndTheConnectionKept(string what, byte[] payload)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        foreach (UplinkKind kind in (UplinkKind[])[UplinkKind.Hello, UplinkKind.Reported, UplinkKind.Telemetry, UplinkKind.Reply])
        {
            MqttClientPublishResult result = await device.PublishAsync(kind, payload);
            Assert.True(result.ReasonCode == MqttClientPublishReasonCode.PayloadFormatInvalid, $"{what} as {kind}: {result.ReasonCode}");
        }

        Assert.Empty(await device.DrainAsync());
    }

    [Fact]
    public async Task ReplayedAndReorderedReports_ChangeNothing()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await controlPlane.ApplyAsync(Samples.Manifest());
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        DesiredState desired = await device.NextDesiredAsync();
        byte[] early = new ReportedState(device.NextHeader(), 0, []).Encode();
        await device.ReportAsync(desired, VmPhase.Running);

        await device.PublishAsync(UplinkKind.Reported, early);
        await device.PublishAsync(UplinkKind.Reported, early);

        Assert.Equal("Running", Assert.Single((await controlPlane.DeviceAsync("edge-1")).Vms).Phase);
        Assert.Equal(2, controlPlane.Counters.UplinksStale);
    }

    [Fact]
    public async Task RestoredOlderDatabase_IsAConditionAndNeverADowngrade()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await controlPlane.ApplyAsync(Samples.Manifest());
        await using FakeDevice device = new("edge-1") { Held = (9, Digest.Of("what it was told before the backup was restored"u8)) };
        await device.StartAsync(controlPlane);

        Assert.Empty(await device.DrainAsync());
        Assert.StartsWith("holds generation 9, newer than this control plane's", (await controlPlane.DeviceAsync("edge-1")).Condition, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatADeviceRefused_ReachesTheOperator()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        await device.PublishAsync(
            UplinkKind.Reported, new ReportedState(device.NextHeader(), 0, []) { Refusal = "desired state: signing key: expected another" }.Encode());

        Assert.Equal("the device refused: desired state: signing key: expected another", (await controlPlane.DeviceAsync("edge-1")).Condition);
    }
}
