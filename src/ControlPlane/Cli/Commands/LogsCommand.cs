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
    private const int DefaultTail = 100;

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
        Command command = new("logs", "Show the log lines of a VM") { vm, follow, tail };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            (DeviceId device, ResourceName name) = parsed.GetValue(vm);
            string path = ApiPaths.Logs(device.Value, name.Value);
            return parsed.GetValue(follow)
                ? await FollowAsync(context, path, parsed.GetValue(tail), cancellation)
                : await ShowAsync(context, path, parsed.GetValue(tail), cancellation);
        }));
        return command;
    }

    private static async Task<ExitCode> ShowAsync(CliContext context, string path, int tail, CancellationToken cancellation)
    {
        ListView<LogEntryView> lines =
            (await context.Api.GetAsync($"{path}?tail={tail}", ApiJsonContext.Default.ListViewLogEntryView, cancellation)).Value;
        if (context.IsJson)
        {
            await context.Terminal.Out.WriteLineAsync(Json.Write(lines, Json.Indented.ListViewLogEntryView));
            return ExitCode.Success;
        }

        foreach (LogEntryView line in lines.Items)
        {
            await context.Terminal.Out.WriteLineAsync(TextOf(context.Terminal, line));
        }

        return ExitCode.Success;
    }

    private static async Task<ExitCode> FollowAsync(CliContext context, string path, int tail, CancellationToken cancellation)
    {
        long? last = null;
        string Next() => last is null ? $"{path}?follow=true&tail={tail}" : $"{path}?follow=true&after={last}";
        try
        {
            await foreach (LogEntryView line in ResumedWatch.EventsAsync(context, Next, ApiJsonContext.Default.LogEntryView, cancellation))
            {
                // A server may repeat a line around a broken connection; the cursor tells.
                if (last is null || line.Cursor > last)
                {
                    last = line.Cursor;
                    await context.Terminal.Out.WriteLineAsync(
                        context.IsJson ? Json.Write(line, Json.Line.LogEntryView) : TextOf(context.Terminal, line));
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Ctrl-C is how following ends.
        }

        return ExitCode.Success;
    }

    private static string TextOf(Terminal terminal, LogEntryView line)
    {
        string time = line.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return $"{terminal.Paint(Colour.Dim, time)} {line.Stream} {terminal.Paint(line.Stream == "stderr" ? Colour.Yellow : Colour.Plain, Terminal.Safe(line.Text))}";
    }
}
