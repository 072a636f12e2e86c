using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm enrol token create|list|revoke</c>.</summary>
internal static class EnrolCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run) => new("enrol", "Let devices in")
    {
        new Command("token", "Tokens that let devices in") { CreateToken(run), ListTokens(run), RevokeToken(run) },
    };

    private static Command CreateToken(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Option<int> uses = new("--uses") { Description = "How many devices it lets in", HelpName = "N", DefaultValueFactory = static _ => 1 };
        Option<TimeSpan?> expires = Durations.Option("--expires", "How long it lasts (default 1h)");
        Option<string[]> labels = new("--label") { Description = "Label of the devices that it lets in; may be repeated", HelpName = "NAME=VALUE" };
        Option<bool> approve = new("--approve") { Description = "Have an operator approve each device" };
        Command command = new("create", "Make a token; it is shown this once") { uses, expires, labels, approve };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            EnrolmentTokenAsk ask = new(
                parsed.GetValue(uses),
                (int)(parsed.GetValue(expires) ?? TimeSpan.FromHours(1)).TotalSeconds,
                parsed.GetValue(approve),
                ParseLabels(parsed.GetValue(labels) ?? []));
            EnrolmentTokenView token = await context.Api.PostAsync(
                ApiPaths.EnrolmentTokens, ask, ApiJsonContext.Default.EnrolmentTokenAsk, ApiJsonContext.Default.EnrolmentTokenView, cancellation);
            context.Terminal.Out.WriteLine(context.IsJson ? Json.Write(token, Json.Indented.EnrolmentTokenView) : token.Token);
            return ExitCode.Success;
        }));
        return command;
    }

    private static Command ListTokens(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Command command = new("list", "Show tokens, without their secrets");
        command.SetAction(run(async (context, _, cancellation) =>
        {
            ListView<EnrolmentTokenView> tokens = (await context.Api.GetAsync(
                ApiPaths.EnrolmentTokens, ApiJsonContext.Default.ListViewEnrolmentTokenView, cancellation)).Value;
            if (context.IsJson)
            {
                context.Terminal.Out.WriteLine(Json.Write(tokens, Json.Indented.ListViewEnrolmentTokenView));
                return ExitCode.Success;
            }

            Table table = new(new("TOKEN"), new("STATE"), new("USES", true), new("EXPIRES", true), new("APPROVAL"), new("LABELS"));
            foreach (EnrolmentTokenView token in tokens.Items)
            {
                table.Add(
                    token.Id,
                    new Cell(token.State, token.State == "Usable" ? Colour.Green : Colour.Yellow),
                    $"{token.Uses}/{token.MaxUses}",
                    $"{token.ExpiresAt:u}",
                    token.NeedsApproval ? "needed" : "",
                    string.Join(',', token.Labels.Select(static label => $"{label.Key}={label.Value}")));
            }

            table.Write(context.Terminal, "No tokens.");
            return ExitCode.Success;
        }));
        return command;
    }

    private static Command RevokeToken(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> id = new("TOKEN") { Description = "Id of the token" };
        Command command = new("revoke", "End a token; devices that it let in stay") { id };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            string name = parsed.GetValue(id)!;
            await context.Api.DeleteAsync(ApiPaths.EnrolmentToken(Uri.EscapeDataString(name)), null, cancellation);
            context.Terminal.Out.WriteLine(Terminal.Safe($"token/{name} revoked"));
            return ExitCode.Success;
        }));
        return command;
    }

    private static Dictionary<string, string> ParseLabels(string[] texts)
    {
        Dictionary<string, string> labels = [];
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=');
            if (equals <= 0 || !labels.TryAdd(text[..equals], text[(equals + 1)..]))
            {
                throw new UsageException($"--label: expected NAME=VALUE, each name once, found '{text}'");
            }
        }

        return labels;
    }
}
