using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm fleet keys|rotate|retire</c>.</summary>
internal static class FleetCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Command keys = new("keys", "Show signing keys and certificate authorities");
        keys.SetAction(run(async (context, _, cancellation) =>
        {
            Write(context, (await context.Api.GetAsync(ApiPaths.Fleet, ApiJsonContext.Default.FleetView, cancellation)).Value);
            return ExitCode.Success;
        }));
        return new Command("fleet", "The fleet's keys")
        {
            keys,
            Act(run, "rotate", "Add a new key beside the ones before", null),
            Act(run, "retire", "Destroy the oldest key", new Option<bool>("--force") { Description = "Even when devices need it: they have to enrol anew" }),
        };
    }

    private static Command Act(
        Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run, string action, string description, Option<bool>? force)
    {
        Argument<string> kind = new("KIND") { Description = "signing or authority" };
        kind.AcceptOnlyFromAmong("signing", "authority");
        Command command = new(action, description) { kind };
        if (force is not null)
        {
            command.Options.Add(force);
        }

        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            string query = force is not null && parsed.GetValue(force) ? "?force=true" : "";
            Write(context, await context.Api.PostAsync(
                ApiPaths.FleetAction(parsed.GetValue(kind)!, action) + query, new ByteArrayContent([]), ApiJsonContext.Default.FleetView, cancellation));
            return ExitCode.Success;
        }));
        return command;
    }

    private static void Write(CliContext context, FleetView fleet)
    {
        if (context.IsJson)
        {
            context.Terminal.Out.WriteLine(Json.Write(fleet, Json.Indented.FleetView));
            return;
        }

        Table table = new(new("KEY"), new("SINCE BUNDLE", true), new("ENDS"), new("FINGERPRINT"));
        foreach (FleetKeyView key in fleet.SigningKeys.Concat(fleet.Authorities))
        {
            table.Add(key.Name, $"{key.Since}", key.NotAfter is { } end ? $"{end:u}" : "", key.Fingerprint);
        }

        table.Write(context.Terminal, "No keys.");
        context.Terminal.Out.WriteLine($"trust bundle {fleet.TrustVersion}; devices that hold an older one: {fleet.DevicesBehind}");
    }
}
