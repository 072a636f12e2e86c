using MicroVm.ControlPlane.Host.Gateway;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Identity;
using MQTTnet;

namespace MicroVm.ControlPlane.Tests.Gateway;

public sealed class TakeOverTests
{
    [Fact]
    public async Task SecondConnection_OfOneDevice_WinsAndTheDeviceStaysOnline()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice old = await new FakeDevice("edge-1").StartAsync(controlPlane);

        await using FakeDevice newer = await new FakeDevice("edge-1").StartAsync(controlPlane);
        MqttClientDisconnectedEventArgs end = await old.Disconnected.Within("disconnect of the connection that was taken over");

        Assert.Equal(MqttClientDisconnectReason.SessionTakenOver, end.Reason);
        Assert.True((await controlPlane.DeviceAsync("edge-1")).Online);
        Assert.Equal(1, controlPlane.Counters.TakeOvers);
        await controlPlane.ApplyAsync(Samples.Manifest());
        Assert.Single((await newer.NextDesiredAsync()).Vms);
    }

    [Fact]
    public async Task LastConnection_Closed_TakesTheDeviceOffline()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await controlPlane.ApplyAsync(Samples.Manifest());
        FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await device.NextDesiredAsync();

        await device.DisposeAsync();
        await controlPlane.WatchUntilAsync("hello", view => view.Devices is [{ Online: false }]);

        Assert.False((await controlPlane.DeviceAsync("edge-1")).Online);
    }

    [Fact]
    public void Registry_OlderConnectionEnds_KeepsTheNewer()
    {
        ConnectionRegistry registry = new();
        DeviceId id = DeviceId.Parse("edge-1");
        DeviceConnection old = new(id), newer = new(id);
        registry.Add(old);
        registry.Add(newer);

        registry.End(old);

        Assert.Same(newer, registry.Find(id, newer.Ordinal));
        Assert.Null(registry.Find(id, old.Ordinal));
        Assert.Equal(1, registry.Count);
    }

    [Fact]
    public void Registry_ConnectionThatEndedBeforeItWasAdded_ChangesNothing()
    {
        ConnectionRegistry registry = new();
        DeviceId id = DeviceId.Parse("edge-1");
        DeviceConnection old = new(id), newer = new(id);
        registry.End(old);
        registry.Add(newer);

        registry.Add(old);

        Assert.Same(newer, registry.Find(id, newer.Ordinal));
    }
}
