using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm token create|list|revoke</c>.</summary>
internal static class TokenCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run) =>
        new("token", "Tokens of operators and programs") { CreateToken(run), ListTokens(run), RevokeToken(run) };

    private static Command CreateToken(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> name = new("NAME") { Description = "Whom it is for" };
        Option<string> role = new("--role") { Description = "viewer, operator or admin", HelpName = "ROLE", DefaultValueFactory = static _ => "viewer" };
        Option<TimeSpan?> expires = Durations.Option("--expires", "How long it lasts (default: for ever)");
        Command command = new("create", "Make a token; it is shown this once") { name, role, expires };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            ApiTokenAsk ask = new(
                parsed.GetValue(name)!, parsed.GetValue(role)!, (long)(parsed.GetValue(expires) ?? TimeSpan.Zero).TotalSeconds);
            ApiTokenView token = await context.Api.PostAsync(
                ApiPaths.ApiTokens, ask, ApiJsonContext.Default.ApiTokenAsk, ApiJsonContext.Default.ApiTokenView, cancellation);
            context.Terminal.Out.WriteLine(context.IsJson ? Json.Write(token, Json.Indented.ApiTokenView) : token.Token);
            return ExitCode.Success;
        }));
        return command;
    }

    private static Command ListTokens(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Command command = new("list", "Show tokens, without their secrets");
        command.SetAction(run(async (context, _, cancellation) =>
        {
            ListView<ApiTokenView> tokens =
                (await context.Api.GetAsync(ApiPaths.ApiTokens, ApiJsonContext.Default.ListViewApiTokenView, cancellation)).Value;
            if (context.IsJson)
            {
                context.Terminal.Out.WriteLine(Json.Write(tokens, Json.Indented.ListViewApiTokenView));
                return ExitCode.Success;
            }

            Table table = new(new("TOKEN"), new("NAME"), new("ROLE"), new("STATE"), new("EXPIRES", true));
            foreach (ApiTokenView token in tokens.Items)
            {
                table.Add(
                    token.Id,
                    token.Name,
                    token.Role,
                    new Cell(token.State, token.State == "Usable" ? Colour.Green : Colour.Yellow),
                    token.ExpiresAt is { } end ? $"{end:u}" : "never");
            }

            table.Write(context.Terminal, "No tokens.");
            return ExitCode.Success;
        }));
        return command;
    }

    private static Command RevokeToken(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> id = new("TOKEN") { Description = "Id of the token" };
        Command command = new("revoke", "End a token") { id };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            string name = parsed.GetValue(id)!;
            await context.Api.DeleteAsync(ApiPaths.ApiToken(Uri.EscapeDataString(name)), null, cancellation);
            context.Terminal.Out.WriteLine(Terminal.Safe($"token/{name} revoked"));
            return ExitCode.Success;
        }));
        return command;
    }
}
