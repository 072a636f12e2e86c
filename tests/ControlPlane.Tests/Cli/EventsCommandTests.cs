using MicroVm.Shared.Contracts.Api;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.ControlPlane.Tests.Cli;

public sealed class EventsCommandTests
{
    private static readonly EventView s_first = new(1, DateTimeOffset.UnixEpoch, "edge-1", "web", "Warning", "OutOfMemory", "no memory left");
    private static readonly EventView s_second = new(2, DateTimeOffset.UnixEpoch.AddSeconds(1), "", "", "Normal", "RolloutComplete", "deployment 'web', revision 2");

    [Fact]
    public async Task Events_Shown_AreATable()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(new ListView<EventView>([s_first, s_second]), ApiJsonContext.Default.ListViewEventView);

        CliRun run = await CliRun.OfAsync(server.Url, "events");

        Assert.Equal("/api/v1/events?limit=100", Assert.Single(server.Received).Path);
        Assert.Equal(
            [
                "TIME                  DEVICE  VM   TYPE     REASON           MESSAGE",
                "1970-01-01T00:00:00Z  edge-1  web  Warning  OutOfMemory      no memory left",
                "1970-01-01T00:00:01Z  -       -    Normal   RolloutComplete  deployment 'web', revision 2",
            ],
            run.OutLines);
    }

    [Theory]
    [InlineData("edge-1", "&device=edge-1")]
    [InlineData("edge-1/web", "&device=edge-1&vm=web")]
    public async Task Events_OfOneDeviceSinceAWhile_AreAskedForSo(string of, string query)
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(new ListView<EventView>([]), ApiJsonContext.Default.ListViewEventView);
        FakeTimeProvider time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

        CliRun run = await CliRun.InTimeAsync(server.Url, time, "events", of, "--since", "1h");

        Assert.Equal(0, run.Code);
        Assert.Equal($"/api/v1/events?limit=10000{query}&since=2026-01-01T11:00:00.000Z", Assert.Single(server.Received).Path);
        Assert.Equal("Nothing happened.\n", run.Out);
    }

    [Theory]
    [InlineData("a/b/c")]
    [InlineData("Edge")]
    [InlineData("edge/Web")]
    public async Task Events_OfWhatIsNoDevice_AreAWrongCommandLine(string of) =>
        Assert.Equal(2, (await CliRun.OfAsync("https://127.0.0.1:1", "events", of)).Code);

    [Fact]
    public async Task Follow_AcrossABrokenConnection_ShowsEachEventOnce()
    {
        using CancellationTokenSource interrupt = new();
        int connection = 0;
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(async (_, response) =>
        {
            await FakeControlPlane.WriteEventAsync(response, s_first, ApiJsonContext.Default.EventView);
            if (connection++ > 0)
            {
                await FakeControlPlane.WriteEventAsync(response, s_second, ApiJsonContext.Default.EventView);
                await interrupt.CancelAsync();
            }
        });

        CliRun run = await CliRun.OfAsync(server.Url, "", false, interrupt.Token, "events", "-f");

        Assert.Equal("/api/v1/events?limit=100&follow=true", server.Received[0].Path);
        Assert.Equal("/api/v1/events?limit=100&follow=true&after=1", server.Received[1].Path);
        Assert.StartsWith("1970-01-01T00:00:00Z  edge-1            web               Warning  OutOfMemory           no memory left\n", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("OutOfMemory", run.Out[90..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Follow_OfAServerThatBeganAnew_SaysSoAndShowsItsEvents()
    {
        using CancellationTokenSource interrupt = new();
        EventView reset = new(0, DateTimeOffset.UnixEpoch, "", "", "Warning", "EventsBeginAnew", "events begin anew");
        int connection = 0;
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(async (_, response) =>
        {
            switch (connection++)
            {
                case 0:
                    await FakeControlPlane.WriteEventAsync(response, s_second, ApiJsonContext.Default.EventView);
                    break;
                case 1:
                    await FakeControlPlane.WriteEventAsync(response, reset, ApiJsonContext.Default.EventView, "reset");
                    await FakeControlPlane.WriteEventAsync(response, s_first, ApiJsonContext.Default.EventView);
                    break;
                default:
                    await interrupt.CancelAsync();
                    break;
            }
        });

        CliRun run = await CliRun.OfAsync(server.Url, "", false, interrupt.Token, "events", "-f");

        Assert.Equal(["", "&after=2", "&after=1"], server.Received.Select(request => request.Path["/api/v1/events?limit=100&follow=true".Length..]));
        Assert.Equal(2, run.OutLines.Length);
        Assert.Contains("OutOfMemory", run.OutLines[1], StringComparison.Ordinal);
        Assert.Contains("events begin anew\n", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("EventsBeginAnew", run.Out, StringComparison.Ordinal);
    }
}
