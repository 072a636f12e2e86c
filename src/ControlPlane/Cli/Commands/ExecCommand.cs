using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Sessions;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm exec DEVICE/VM -- PROGRAM</c>: runs a program in a VM.</summary>
internal static class ExecCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<(DeviceId Device, ResourceName Vm)> vm = NameArgument.DeviceAndVm();
        Argument<string[]> program = new("PROGRAM") { Description = "Program and its arguments; put -- in front of it", Arity = ArgumentArity.OneOrMore };
        Option<bool> interactive = new("--stdin", "-i") { Description = "Pass standard input to the program" };
        Option<bool> terminal = new("--tty", "-t") { Description = "Give the program a terminal; standard input has to be one" };
        Option<string> user = new("--user", "-u") { Description = "User, and group behind a colon (default: the workload's)", HelpName = "USER", DefaultValueFactory = static _ => "" };
        Option<string> directory = new("--workdir", "-w") { Description = "Working directory (default: the workload's)", HelpName = "DIR", DefaultValueFactory = static _ => "" };
        Option<string[]> environment = new("--env", "-e") { Description = "Variable beyond the workload's; may be repeated", HelpName = "NAME=VALUE" };
        Command command = new("exec", "Run a program in a VM; its exit code is the command's") { vm, program, interactive, terminal, user, directory, environment };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            (DeviceId device, ResourceName name) = parsed.GetValue(vm);
            bool wantsTerminal = parsed.GetValue(terminal);
            ITerminalDevice? tty = !wantsTerminal ? null : context.Terminal.Device
                ?? throw new UsageException("-t: expected a terminal at standard input, found none; leave -t out to pipe");
            SessionOpen open = new()
            {
                Kind = SessionKind.Exec,
                Command = parsed.GetValue(program)!,
                User = parsed.GetValue(user)!,
                WorkingDirectory = parsed.GetValue(directory)!,
                Environment = Variables(parsed.GetValue(environment) ?? [], wantsTerminal ? context.Terminal.Type : ""),
            };
            await using SessionChannel channel = await context.Api.OpenSessionAsync(ApiPaths.Session(device.Value, name.Value), cancellation);
            Stream? input = parsed.GetValue(interactive) ? context.Terminal.RawIn ?? context.Terminal.In : null;
            return await RunAsync(context, new ExecClient(channel, input, context.Terminal.RawOut, context.Terminal.RawError, tty), open, cancellation);
        }));
        return command;
    }

    private static async Task<ExitCode> RunAsync(CliContext context, ExecClient client, SessionOpen open, CancellationToken cancellation)
    {
        SessionClosed closed;
        try
        {
            closed = await client.RunAsync(open, cancellation);
        }
        catch (IOException e) when (e.HResult != CliApplication.BrokenPipe)
        {
            throw new ServerUnreachableException(e.Message, e);
        }

        if (closed is { Fault.Length: > 0, ExitCode: 0 })
        {
            throw new ApiException(new ProblemView(null, "no session", 0, closed.Fault, null));
        }

        if (closed.Fault.Length > 0)
        {
            await context.Terminal.Error.WriteLineAsync($"mvm: {Terminal.Safe(closed.Fault)}");
        }

        return (ExitCode)closed.ExitCode;
    }

    private static Dictionary<string, string> Variables(IEnumerable<string> given, string terminalType)
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        if (terminalType.Length > 0)
        {
            variables["TERM"] = terminalType;
        }

        foreach (string pair in given)
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            variables[equals > 0 ? pair[..equals] : throw new UsageException($"-e: expected NAME=VALUE, found '{pair}'")] = pair[(equals + 1)..];
        }

        return variables;
    }
}
