using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm agent releases|update|withdraw|status</c>: which agent devices run.</summary>
internal static class AgentCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Option<string> selector = Selector();
        Command status = new("status", "Show which agent devices run and should run") { selector };
        status.SetAction(run(async (context, parsed, cancellation) =>
        {
            string query = parsed.GetValue(selector) is { Length: > 0 } text ? $"?selector={Uri.EscapeDataString(text)}" : "";
            Write(context, (await context.Api.GetAsync(ApiPaths.AgentUpdates + query, ApiJsonContext.Default.ListViewAgentUpdateView, cancellation)).Value);
            return ExitCode.Success;
        }));
        return new Command("agent", "Work with the agent of devices") { AgentReleasesCommand.Create(run), CreateUpdate(run), CreateWithdraw(run), status };
    }

    private static Command CreateUpdate(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> version = new("VERSION") { Description = "Version of a release that was pushed" };
        (Option<string> selector, Option<string[]> devices) = (Selector(), Devices());
        Option<int> percent = new("--percent")
        {
            Description = "How many of the devices; asked again with a larger share it is the same ones and more",
            HelpName = "1-100",
            DefaultValueFactory = static _ => 100,
        };
        Option<bool> downgrade = new("--allow-downgrade") { Description = "Devices that run a later version go back" };
        Option<bool> despite = new("--despite-failures") { Description = "Go on although it has failed on some of the devices" };
        Command update = new("update", "Have devices run a release of the agent") { version, selector, devices, percent, downgrade, despite };
        update.SetAction(run(async (context, parsed, cancellation) => await AskAsync(
            context,
            new AgentUpdateAsk(
                parsed.GetValue(version)!,
                parsed.GetValue(selector) ?? "",
                parsed.GetValue(devices) ?? [],
                parsed.GetValue(percent),
                parsed.GetValue(downgrade),
                parsed.GetValue(despite)),
            cancellation)));
        return update;
    }

    private static Command CreateWithdraw(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        (Option<string> selector, Option<string[]> devices) = (Selector(), Devices());
        Command withdraw = new("withdraw", "Let devices run whatever agent they run; one that failed may be tried again after it") { selector, devices };
        withdraw.SetAction(run(async (context, parsed, cancellation) => await AskAsync(
            context, new AgentUpdateAsk("", parsed.GetValue(selector) ?? "", parsed.GetValue(devices) ?? []), cancellation)));
        return withdraw;
    }

    private static async Task<ExitCode> AskAsync(CliContext context, AgentUpdateAsk ask, CancellationToken cancellation)
    {
        Write(context, await context.Api.PostAsync(
            ApiPaths.AgentUpdates, ask, ApiJsonContext.Default.AgentUpdateAsk, ApiJsonContext.Default.ListViewAgentUpdateView, cancellation));
        return ExitCode.Success;
    }

    private static Option<string> Selector() => new("--selector", "-l") { Description = "Which devices, such as 'site=north, ring in (1,2)'", HelpName = "SELECTOR" };

    private static Option<string[]> Devices() => new("--device", "-d") { Description = "Id of a device; may be repeated", HelpName = "ID" };

    private static void Write(CliContext context, ListView<AgentUpdateView> updates)
    {
        if (context.IsJson)
        {
            context.Terminal.Out.WriteLine(Json.Write(updates, Json.Indented.ListViewAgentUpdateView));
            return;
        }

        Table table = new(new("DEVICE"), new("STATUS"), new("ARCH"), new("RUNS"), new("SHOULD RUN"), new("PHASE"), new("MESSAGE"));
        foreach (AgentUpdateView update in updates.Items)
        {
            table.Add(
                update.Device,
                update.Online ? new Cell("online", Colour.Green) : new Cell("offline", Colour.Yellow),
                update.Architecture,
                update.RunningVersion,
                update.DesiredVersion,
                new Cell(update.Phase, ColourOf(update.Phase)),
                update.Message);
        }

        table.Write(context.Terminal, "No devices.");
    }

    private static Colour ColourOf(string phase) => phase switch
    {
        "Current" => Colour.Green,
        "Failed" or "Refused" => Colour.Red,
        "" => Colour.Plain,
        _ => Colour.Yellow,
    };
}
