using System.CommandLine;
using System.Globalization;
using System.Net.ServerSentEvents;
using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm events [DEVICE[/VM]]</c>: what happened.</summary>
internal static class EventsCommand
{
    private const int DefaultLimit = 100, AllSince = 10_000;
    private const int DeviceWidth = 16, VmWidth = 16, TypeWidth = 7, ReasonWidth = 20;

    // A kind of its own among a stream's events: ids begin anew.
    private const string Reset = "reset";

    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<(string? Device, string? Vm)> of = NameArgument.DeviceOrVm();
        Option<bool> follow = new("--follow", "-f") { Description = "Go on with new events until Ctrl-C" };
        Option<TimeSpan?> since = Durations.Option("--since", "Only events that came within this time");
        Option<int?> limit = new("--limit") { Description = "Events to begin with, newest last", HelpName = "N" };
        Command command = new("events", "Show what happened on devices and in rollouts") { of, follow, since, limit };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            string path = PathOf(parsed.GetValue(of), Since(context, parsed.GetValue(since)), parsed.GetValue(limit));
            return parsed.GetValue(follow) ? await FollowAsync(context, path, cancellation) : await ShowAsync(context, path, cancellation);
        }));
        return command;
    }

    private static DateTimeOffset? Since(CliContext context, TimeSpan? since) => since is TimeSpan ago ? context.Time.GetUtcNow() - ago : null;

    private static string PathOf((string? Device, string? Vm) of, DateTimeOffset? since, int? limit)
    {
        string path = $"{ApiPaths.Events}?limit={limit ?? (since is null ? DefaultLimit : AllSince)}";
        path += of.Device is null ? "" : $"&device={of.Device}";
        path += of.Vm is null ? "" : $"&vm={of.Vm}";
        return since is DateTimeOffset from ? $"{path}&since={from.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)}" : path;
    }

    private static async Task<ExitCode> ShowAsync(CliContext context, string path, CancellationToken cancellation)
    {
        ListView<EventView> events = (await context.Api.GetAsync(path, ApiJsonContext.Default.ListViewEventView, cancellation)).Value;
        if (context.IsJson)
        {
            await context.Terminal.Out.WriteLineAsync(Json.Write(events, Json.Indented.ListViewEventView));
            return ExitCode.Success;
        }

        Table table = new(new("TIME"), new("DEVICE"), new("VM"), new("TYPE"), new("REASON"), new("MESSAGE"));
        foreach (EventView one in events.Items)
        {
            table.Add(TimeOf(one), one.Device, one.Vm, new Cell(one.Type, ColourOf(one)), one.Reason, one.Message);
        }

        table.Write(context.Terminal, "Nothing happened.");
        return ExitCode.Success;
    }

    private static async Task<ExitCode> FollowAsync(CliContext context, string path, CancellationToken cancellation)
    {
        long? last = null;
        string Next() => last is null ? $"{path}&follow=true" : $"{path}&follow=true&after={last}";
        try
        {
            await foreach (SseItem<EventView> item in ResumedWatch.ItemsAsync(context, Next, ApiJsonContext.Default.EventView, cancellation))
            {
                EventView one = item.Data;
                if (item.EventType == Reset)
                {
                    last = null;
                    await context.Terminal.Error.WriteLineAsync(Terminal.Safe(one.Message));
                    continue;
                }

                // A server may repeat an event around a broken connection; the id tells.
                if (last is null || one.Id > last)
                {
                    last = one.Id;
                    await context.Terminal.Out.WriteLineAsync(context.IsJson ? Json.Write(one, Json.Line.EventView) : LineOf(context.Terminal, one));
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Ctrl-C is how following ends.
        }

        return ExitCode.Success;
    }

    /// <summary>A line of a table whose further rows are not known yet.</summary>
    private static string LineOf(Terminal terminal, EventView one) =>
        $"{terminal.Paint(Colour.Dim, TimeOf(one))}  {Column(one.Device, DeviceWidth)}  {Column(one.Vm, VmWidth)}  "
        + $"{terminal.Paint(ColourOf(one), Column(one.Type, TypeWidth))}  {Column(one.Reason, ReasonWidth)}  {Terminal.Safe(one.Message)}";

    private static string Column(string text, int width) => Terminal.Safe(text.Length == 0 ? "-" : text).PadRight(width);

    private static string TimeOf(EventView one) => one.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static Colour ColourOf(EventView one) => one.Type == EventView.Warning ? Colour.Yellow : Colour.Plain;
}
