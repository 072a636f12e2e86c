using System.Net.Sockets;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Topics;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace MicroVm.ControlPlane.Tests.Gateway;

/// <summary>What a device may not do, over a real connection.</summary>
public sealed class GatewayRulesTests
{
    [Theory]
    [InlineData("mvm/1/d/edge-2/up/reported")]
    [InlineData("mvm/1/d/edge-1/down/desired")]
    [InlineData("mvm/1/d/edge-1/up/other")]
    [InlineData("mvm/1/d/edge-1/up/hello/more")]
    [InlineData("$SYS/up/hello")]
    [InlineData("anything")]
    public async Task Publish_ToAnotherTopic_IsRefusedAndTheConnectionKept(string topic)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        MqttClientPublishResult result = await device.PublishAsync(new MqttApplicationMessage { Topic = topic });

        Assert.Equal(MqttClientPublishReasonCode.NotAuthorized, result.ReasonCode);
        Assert.Equal(1, controlPlane.Counters.UplinksRefused);
        Assert.Empty(await device.DrainAsync());
    }

    [Fact]
    public async Task Publish_Retained_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        MqttClientPublishResult result = await device.PublishAsync(new MqttApplicationMessage
        {
            Topic = DeviceTopic.Up(device.Id, UplinkKind.Reported),
            Retain = true,
        });

        Assert.Equal(MqttClientPublishReasonCode.NotAuthorized, result.ReasonCode);
    }

    [Fact]
    public async Task Publish_WithQualityOfService2_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        MqttClientPublishResult result = await device.PublishAsync(new MqttApplicationMessage
        {
            Topic = DeviceTopic.Up(device.Id, UplinkKind.Reported),
            QualityOfServiceLevel = MqttQualityOfServiceLevel.ExactlyOnce,
        });

        Assert.False(result.IsSuccess);
    }

    [Theory]
    [InlineData("#")]
    [InlineData("+/+/+/+/+/+")]
    [InlineData("$SYS/#")]
    [InlineData("mvm/1/d/edge-2/down/+")]
    [InlineData("mvm/1/d/edge-1/#")]
    [InlineData("mvm/1/d/edge-1/up/+")]
    public async Task Subscribe_ToAnotherFilter_IsRefusedAndTheConnectionKept(string filter)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        MqttClientSubscribeResult result = await device.SubscribeAsync(filter);

        Assert.Equal(MqttClientSubscribeResultCode.NotAuthorized, Assert.Single(result.Items).ResultCode);
        Assert.Equal(1, controlPlane.Counters.SubscriptionsRefused);
        Assert.Empty(await device.DrainAsync());
    }

    [Fact]
    public async Task Subscribe_ToAShare_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        MqttClientSubscribeResult result = await device.SubscribeAsync("$share/group/mvm/1/d/edge-1/down/+");

        // The server itself has no shared subscriptions and says so before the gateway is asked.
        Assert.Equal(MqttClientSubscribeResultCode.SharedSubscriptionsNotSupported, Assert.Single(result.Items).ResultCode);
        Assert.Empty(await device.DrainAsync());
    }

    [Fact]
    public async Task Uplinks_OfOneDevice_ReachNoOther()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice one = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await using FakeDevice two = await new FakeDevice("edge-2").StartAsync(controlPlane);

        await one.HelloAsync();

        Assert.Empty(await one.DrainAsync());
        Assert.Empty(await two.DrainAsync());
    }

    [Theory]
    [InlineData("Edge 1", MqttClientConnectResultCode.ClientIdentifierNotValid)]
    [InlineData("../etc", MqttClientConnectResultCode.ClientIdentifierNotValid)]
    [InlineData("", MqttClientConnectResultCode.ClientIdentifierNotValid)]
    public async Task Connect_WithAnIdThatIsNoDeviceId_IsRefused(string id, MqttClientConnectResultCode expected)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        Assert.Equal(expected, await ConnectCodeAsync(controlPlane, id, options => options));
    }

    [Fact]
    public async Task Connect_WithMqtt311_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        // The older protocol has other numbers for the same reason.
        Assert.NotEqual(
            MqttClientConnectResultCode.Success,
            await ConnectCodeAsync(controlPlane, "edge-1", options => options.WithProtocolVersion(MqttProtocolVersion.V311)));
    }

    [Fact]
    public async Task Connect_WithoutCleanStart_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        Assert.Equal(
            MqttClientConnectResultCode.ImplementationSpecificError,
            await ConnectCodeAsync(controlPlane, "edge-1", options => options.WithCleanStart(false)));
    }

    [Fact]
    public async Task Connect_WithoutKeepAlive_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        Assert.Equal(
            MqttClientConnectResultCode.ImplementationSpecificError,
            await ConnectCodeAsync(controlPlane, "edge-1", options => options.WithKeepAlivePeriod(TimeSpan.Zero)));
    }

    [Fact]
    public async Task Connect_OverTheCap_IsClosedAtOnce()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(options: o => o with { MaxDeviceConnections = 1 });
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        using TcpClient second = new();

        int read = await ReadToEndAsync(second, controlPlane);

        Assert.Equal(0, read);
        Assert.Equal(1, controlPlane.Counters.ConnectionsOverCap);
        Assert.Empty(await device.DrainAsync());
    }

    [Fact]
    public async Task Will_OfABrokenConnection_ReachesNobodyAndChangesNothing()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice watcher = await new FakeDevice("edge-2").StartAsync(controlPlane);
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        await FakeDevice.TryConnectAsync(client, controlPlane, "edge-1", options => options
            .WithWillTopic("mvm/1/d/edge-2/down/desired").WithWillPayload("boo"));
        long before = controlPlane.Counters.Uplinks;

        // A second connection of the same id comes after the first one's end was dealt with.
        client.Dispose();
        await using FakeDevice again = await new FakeDevice("edge-1").StartAsync(controlPlane);

        Assert.Empty(await watcher.DrainAsync());
        Assert.Equal(before + 2, controlPlane.Counters.Uplinks);
        Assert.Equal(0, controlPlane.Counters.UplinksRefused);
    }

    [Fact]
    public async Task Publish_WithATopicAlias_EndsTheConnection()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using RawMqtt raw = await RawMqtt.ConnectAsync(controlPlane, "edge-1");

        await raw.SendAsync(new MqttPublishPacket { Topic = "mvm/1/d/edge-1/up/hello", TopicAlias = 3 });

        Assert.True(await raw.IsClosedAsync());
    }

    private static async Task<MqttClientConnectResultCode> ConnectCodeAsync(
        RunningControlPlane controlPlane, string id, Func<MqttClientOptionsBuilder, MqttClientOptionsBuilder> change)
    {
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        MqttClientConnectResult result = await FakeDevice.TryConnectAsync(client, controlPlane, id, change, device: "edge-1");
        Assert.Equal(1, controlPlane.Counters.ConnectsRefused);
        return result.ResultCode;
    }

    private static async Task<int> ReadToEndAsync(TcpClient client, RunningControlPlane controlPlane)
    {
        try
        {
            await client.ConnectAsync(controlPlane.Mqtt);
            return await client.GetStream().ReadAsync(new byte[1]).AsTask().Within("end of the connection over the cap");
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // A reset is an end too, and may be there before the connection is.
            return 0;
        }
    }
}
