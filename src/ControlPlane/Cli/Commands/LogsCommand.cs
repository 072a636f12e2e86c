using System.CommandLine;
using System.Globalization;
using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm logs DEVICE/VM</c>: what a workload wrote.</summary>
internal static class LogsCommand
{
    private const int DefaultTail = 100, MostLines = 10_000;

    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<(DeviceId Device, ResourceName Vm)> vm = NameArgument.DeviceAndVm();
        Option<bool> follow = new("--follow", "-f") { Description = "Go on with new lines until Ctrl-C" };
        Option<int> tail = new("--tail")
        {
            Description = "Lines to begin with, newest last",
            HelpName = "N",
            DefaultValueFactory = static _ => DefaultTail,
        };
        tail.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 and int found)
            {
                result.AddError($"--tail: expected a number from 0, found {found}");
            }
        });
        Option<TimeSpan?> since = Durations.Option("--since", "Only lines of this last while, at most 10,000 unless --tail says otherwise");
        Option<bool> timestamps = new("--timestamps") { Description = "Write time and stream in front of each line (default: true)", DefaultValueFactory = static _ => true };
        Command command = new("logs", "Show the log lines of a VM, which its device keeps") { vm, follow, tail, since, timestamps };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            (DeviceId device, ResourceName name) = parsed.GetValue(vm);
            string path = ApiPaths.Logs(device.Value, name.Value), first = $"tail={parsed.GetValue(tail)}";
            if (parsed.GetValue(since) is TimeSpan last)
            {
                int lines = parsed.GetResult(tail) is { Implicit: false } ? parsed.GetValue(tail) : MostLines;
                string from = (context.Time.GetUtcNow() - last).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
                first = $"tail={lines}&since={from}";
            }

            return parsed.GetValue(follow)
                ? await FollowAsync(context, path, first, parsed.GetValue(timestamps), cancellation)
                : await ShowAsync(context, path, first, parsed.GetValue(timestamps), cancellation);
        }));
        return command;
    }

    private static async Task<ExitCode> ShowAsync(CliContext context, string path, string first, bool timestamps, CancellationToken cancellation)
    {
        ListView<LogEntryView> lines =
            (await context.Api.GetAsync($"{path}?{first}", ApiJsonContext.Default.ListViewLogEntryView, cancellation)).Value;
        if (context.IsJson)
        {
            await context.Terminal.Out.WriteLineAsync(Json.Write(lines, Json.Indented.ListViewLogEntryView));
            return ExitCode.Success;
        }

        foreach (LogEntryView line in lines.Items)
        {
            await context.Terminal.Out.WriteLineAsync(TextOf(context.Terminal, line, timestamps));
        }

        return ExitCode.Success;
    }

    private static async Task<ExitCode> FollowAsync(CliContext context, string path, string first, bool timestamps, CancellationToken cancellation)
    {
        long? last = null;
        string Next() => last is null ? $"{path}?follow=true&{first}" : $"{path}?follow=true&after={last}";
        try
        {
            await foreach (LogEntryView line in ResumedWatch.EventsAsync(context, Next, ApiJsonContext.Default.LogEntryView, cancellation))
            {
                // A server may repeat a line around a broken connection; the cursor tells.
                if (last is null || line.Cursor > last)
                {
                    last = line.Cursor;
                    await context.Terminal.Out.WriteLineAsync(
                        context.IsJson ? Json.Write(line, Json.Line.LogEntryView) : TextOf(context.Terminal, line, timestamps));
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Ctrl-C is how following ends.
        }

        return ExitCode.Success;
    }

    private static string TextOf(Terminal terminal, LogEntryView line, bool timestamps)
    {
        string text = terminal.Paint(line.Stream == "stderr" ? Colour.Yellow : Colour.Plain, Terminal.Safe(line.Text));
        if (!timestamps)
        {
            return text;
        }

        string time = line.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return $"{terminal.Paint(Colour.Dim, time)} {line.Stream} {text}";
    }
}
