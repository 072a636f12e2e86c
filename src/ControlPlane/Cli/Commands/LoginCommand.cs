using System.CommandLine;
using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Login;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm login URL</c>, <c>mvm whoami</c>.</summary>
internal static class LoginCommand
{
    private const int MaxTokenCharacters = 16 << 10;

    /// <summary>Creates <c>login</c>.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> server = new("URL") { Description = "Address of the control plane, such as https://fleet.example:8443" };
        Option<string?> tokenFile = new("--token-file") { Description = "File with the token (default: standard input)", HelpName = "FILE" };
        Option<string?> caFile = new("--ca-file") { Description = "Certificates that the server's has to be of, PEM (default: the system's)", HelpName = "FILE" };
        Command command = new("login", "Keep a control plane's address and a token for later commands") { server, tokenFile, caFile };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            string token = parsed.GetValue(tokenFile) is string file ? SessionFile.ReadText(file) : await ReadInputAsync(context.Terminal, cancellation);
            string authorities = parsed.GetValue(caFile) is string ca ? SessionFile.ReadText(ca) : "";
            Session session = new(parsed.GetValue(server)!.TrimEnd('/'), token.Trim(), authorities);
            using ApiClient api = CliApplication.Connect(session, context.Time);
            CallerView caller = (await api.GetAsync(ApiPaths.Caller, ApiJsonContext.Default.CallerView, cancellation)).Value;
            context.Sessions.Save(session);
            Write(context, caller, $"logged in to {session.Server} as ");
            return ExitCode.Success;
        }));
        return command;
    }

    /// <summary>Creates <c>whoami</c>.</summary>
    public static Command CreateWhoAmI(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Command command = new("whoami", "Show who the control plane takes you for");
        command.SetAction(run(async (context, _, cancellation) =>
        {
            Write(context, (await context.Api.GetAsync(ApiPaths.Caller, ApiJsonContext.Default.CallerView, cancellation)).Value, "");
            return ExitCode.Success;
        }));
        return command;
    }

    private static void Write(CliContext context, CallerView caller, string before) => context.Terminal.Out.WriteLine(context.IsJson
        ? Json.Write(caller, Json.Indented.CallerView)
        : Terminal.Safe($"{before}{caller.Name} ({caller.Role})"));

    private static async Task<string> ReadInputAsync(Terminal terminal, CancellationToken cancellation)
    {
        using StreamReader reader = new(terminal.In, leaveOpen: true);
        char[] text = new char[MaxTokenCharacters];
        int count = await reader.ReadBlockAsync(text, cancellation);
        return count > 0 ? new string(text, 0, count) : throw new UsageException("login: expected a token on standard input or --token-file, found none");
    }
}
