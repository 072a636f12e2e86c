using System.Net;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;

namespace MicroVm.ControlPlane.Tests.Api;

public sealed class EventTests
{
    private static readonly ResourceName s_web = ResourceName.Parse("web");

    [Fact]
    public async Task Events_OfABatch_AreShownOnceHoweverOftenItComes()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        TelemetryBatch batch = Batch(device, new DeviceEvent(1_700_000_000_000, s_web, true, "OutOfMemory", "the guest had no memory left"));

        for (int i = 0; i < 3; i++)
        {
            await device.PublishAsync(UplinkKind.Telemetry, batch.Encode());
            await device.NextAckAsync();
        }

        EventView shown = Assert.Single(await EventsAsync(controlPlane, "?device=edge-1&vm=web"));
        Assert.Equal(
            ("edge-1", "web", "Warning", "OutOfMemory", "the guest had no memory left", DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000)),
            (shown.Device, shown.Vm, shown.Type, shown.Reason, shown.Message, shown.Time));
    }

    [Fact]
    public async Task Events_Asked_AreOfTheDeviceTimeAndPlaceAskedFor()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice one = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await using FakeDevice two = await new FakeDevice("edge-2").StartAsync(controlPlane);
        await SendAsync(one, [.. Enumerable.Range(0, 5).Select(i => new DeviceEvent(i, s_web, false, "Started", $"{i}"))]);
        await SendAsync(two, new DeviceEvent(0, null, false, "Started", "other"));

        IReadOnlyList<EventView> all = await EventsAsync(controlPlane, "?device=edge-1&vm=web");
        IReadOnlyList<EventView> newest = await EventsAsync(controlPlane, "?device=edge-1&vm=web&limit=2");
        IReadOnlyList<EventView> after = await EventsAsync(controlPlane, $"?device=edge-1&vm=web&after={all[2].Id}&limit=1");

        Assert.Equal(["0", "1", "2", "3", "4"], all.Select(one => one.Message));
        Assert.Equal(["3", "4"], newest.Select(one => one.Message));
        Assert.Equal(["3"], after.Select(one => one.Message));
        Assert.Empty(await EventsAsync(controlPlane, "?device=edge-1&since=2100-01-01T00:00:00Z"));
        Assert.Equal(5, (await EventsAsync(controlPlane, "?vm=web&since=2020-01-01T00:00:00Z")).Count);
    }

    [Theory]
    [InlineData("?device=UPPER")]
    [InlineData("?vm=a/b")]
    [InlineData("?limit=-1")]
    [InlineData("?limit=10001")]
    public async Task Events_AskedForWithNonsense_AreRefused(string query)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        using HttpResponseMessage response = await controlPlane.SendAsync(HttpMethod.Get, ApiPaths.Events + query);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
    }

    [Fact]
    public async Task Follow_FromAnEvent_GoesOnBehindItAndResumes()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await SendAsync(device, new DeviceEvent(0, s_web, false, "Started", "one"));
        string path = $"{ApiPaths.Events}?device=edge-1&vm=web&follow=true";
        string? last;
        await using (EventStream first = await EventStream.OpenAsync(controlPlane, path))
        {
            Assert.Equal("one", (await first.NextAsync(ApiJsonContext.Default.EventView))!.Value.Data.Message);
            await SendAsync(device, new DeviceEvent(0, s_web, false, "Ready", "two"));
            (string name, last, EventView second) = (await first.NextAsync(ApiJsonContext.Default.EventView))!.Value;
            Assert.Equal(("event", "two"), (name, second.Message));
        }

        await SendAsync(device, new DeviceEvent(0, s_web, false, "Ready", "three"));
        await using EventStream resumed = await EventStream.OpenAsync(controlPlane, path, last);

        Assert.Equal("three", (await resumed.NextAsync(ApiJsonContext.Default.EventView))!.Value.Data.Message);
    }

    /// <summary>A database that was restored from a backup knows less than those who followed it.</summary>
    [Fact]
    public async Task Follow_FromAnEventThatIsNotThereYet_BeginsAnewAndSaysSo()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await SendAsync(device, new DeviceEvent(0, s_web, false, "Started", "one"), new DeviceEvent(0, s_web, false, "Ready", "two"));
        string query = "?device=edge-1&vm=web&limit=1";

        await using EventStream stream = await EventStream.OpenAsync(controlPlane, $"{ApiPaths.Events}{query}&follow=true", "1000000");

        (string name, string? id, EventView reset) = (await stream.NextAsync(ApiJsonContext.Default.EventView).Within("event of a stream"))!.Value;
        Assert.Equal(("reset", null, 0), (name, id, reset.Id));
        Assert.Contains("1000000", reset.Message, StringComparison.Ordinal);
        Assert.Equal("two", (await stream.NextAsync(ApiJsonContext.Default.EventView))!.Value.Data.Message);
        await SendAsync(device, new DeviceEvent(0, s_web, false, "Ready", "three"));
        (name, id, EventView next) = (await stream.NextAsync(ApiJsonContext.Default.EventView).Within("event of a stream"))!.Value;
        Assert.Equal(("event", $"{next.Id}", "three"), (name, id, next.Message));
        Assert.Equal("three", Assert.Single(await EventsAsync(controlPlane, $"{query}&after=1000000")).Message);
        Assert.Empty(await EventsAsync(controlPlane, $"{query}&after={next.Id}"));
    }

    [Fact]
    public async Task ControlPlane_TellsOfDevicesAndRollouts()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using EventStream stream = await EventStream.OpenAsync(controlPlane, $"{ApiPaths.Events}?limit=0&follow=true");
        FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest());
        DesiredState desired = await device.NextDesiredAsync();
        await device.ReportAsync(desired, VmPhase.Running);
        await NextAsync(stream, "DeviceRegistered");
        await NextAsync(stream, "RolloutStarted");
        EventView complete = await NextAsync(stream, "RolloutComplete");
        await device.PublishAsync(UplinkKind.Reported, new ReportedState(device.NextHeader(), 1, []) { Refusal = "a signature of a key that is not trusted" }.Encode());
        EventView refused = await NextAsync(stream, "DesiredStateRefused");
        await device.DisposeAsync();
        EventView gone = await NextAsync(stream, "DeviceDisconnected");

        Assert.Equal(("", "Normal", "deployment 'hello', revision 1"), (complete.Device, complete.Type, complete.Message));
        Assert.Equal(("edge-1", "Warning", "a signature of a key that is not trusted"), (refused.Device, refused.Type, refused.Message));
        Assert.Equal(("edge-1", "Normal"), (gone.Device, gone.Type));
    }

    private static async Task<EventView> NextAsync(EventStream stream, string reason)
    {
        while ((await stream.NextAsync(ApiJsonContext.Default.EventView))!.Value.Data is EventView one)
        {
            if (one.Reason == reason)
            {
                return one;
            }
        }

        throw new InvalidOperationException($"the stream ended before {reason}");
    }

    private static async Task<IReadOnlyList<EventView>> EventsAsync(RunningControlPlane controlPlane, string query) =>
        (await controlPlane.GetAsync(ApiPaths.Events + query, ApiJsonContext.Default.ListViewEventView)).Items;

    private static TelemetryBatch Batch(FakeDevice device, params DeviceEvent[] events) => new() { Header = device.NextHeader(), Events = events };

    private static async Task SendAsync(FakeDevice device, params DeviceEvent[] events)
    {
        await device.PublishAsync(UplinkKind.Telemetry, Batch(device, events).Encode());
        await device.NextAckAsync();
    }
}
