using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm devices identities|approve|revoke|decommission</c>.</summary>
internal static class DevicesIdentityCommand
{
    /// <summary>Creates the commands.</summary>
    public static IEnumerable<Command> Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run) =>
    [
        List(run),
        Act(run, "approve", "approved", "Let a device in that waits for approval"),
        Act(run, "revoke", "revoked", "Take a device's access away, from this moment on"),
        Act(run, "decommission", "decommissioned", "Have a device wipe itself; give up one that is revoked"),
    ];

    private static Command List(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Command command = new("identities", "Show who is let in, who waits, and until when certificates last");
        command.SetAction(run(async (context, _, cancellation) =>
        {
            ListView<IdentityView> identities =
                (await context.Api.GetAsync(ApiPaths.Identities, ApiJsonContext.Default.ListViewIdentityView, cancellation)).Value;
            if (context.IsJson)
            {
                context.Terminal.Out.WriteLine(Json.Write(identities, Json.Indented.ListViewIdentityView));
                return ExitCode.Success;
            }

            Table table = new(
                new("DEVICE"), new("STATE"), new("SINCE", true), new("CERTIFICATE UNTIL"), new("TRUST", true), new("ADMITTED BY"), new("KEY"));
            foreach (IdentityView identity in identities.Items)
            {
                table.Add(
                    identity.Device,
                    new Cell(identity.State, identity.State switch { "Active" => Colour.Green, "Revoked" => Colour.Red, _ => Colour.Yellow }),
                    Quantity.Age(identity.ChangedAt, context.Time.GetUtcNow()),
                    identity.NotAfter is { } end ? $"{end:u}" : "",
                    $"{identity.TrustVersion}",
                    identity.Admission,
                    identity.KeyDigest);
            }

            table.Write(context.Terminal, "No devices.");
            return ExitCode.Success;
        }));
        return command;
    }

    private static Command Act(
        Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run, string action, string done, string description)
    {
        Argument<string> device = NameArgument.Device();
        Command command = new(action, description) { device };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            string id = parsed.GetValue(device)!;
            IdentityView identity = await context.Api.PostAsync(
                ApiPaths.IdentityAction(id, action), new ByteArrayContent([]), ApiJsonContext.Default.IdentityView, cancellation);
            context.Terminal.Out.WriteLine(context.IsJson
                ? Json.Write(identity, Json.Indented.IdentityView)
                : $"device/{id} {done}: {identity.State}");
            return ExitCode.Success;
        }));
        return command;
    }
}
