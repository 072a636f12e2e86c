using System.CommandLine;
using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Commands;
using MicroVm.ControlPlane.Cli.Login;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Hosting;

/// <summary>The program without its process: parses a command line, runs the command, turns failures into a line and a code.</summary>
/// <param name="terminal">Where to write and read.</param>
/// <param name="environment">Environment variables.</param>
/// <param name="time">Clock.</param>
internal sealed class CliApplication(Terminal terminal, Func<string, string?> environment, TimeProvider time)
{
    /// <summary>Number of EPIPE, as an exception's <c>HResult</c> has it.</summary>
    internal const int BrokenPipe = 32;

    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        GlobalOptions options = new(environment);
        ParseResult parsed = RootCommands.Create(options, WithContext).Parse(arguments);
        OutputFormat format = parsed.GetResult(options.Output)?.Errors.Any() == true ? OutputFormat.Table : parsed.GetValue(options.Output);
        try
        {
            if (parsed.Errors.Count > 0)
            {
                throw new UsageException(string.Join("; ", parsed.Errors.Select(static error => error.Message)));
            }

            InvocationConfiguration configuration = new()
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(configuration, cancellation);
        }
        catch (UsageException e)
        {
            return Fail(ExitCode.Usage, format, new ProblemView(null, "usage", 0, e.Message, null));
        }
        catch (ApiException e)
        {
            return Fail(ExitCode.RequestFailed, format, e.Problem);
        }
        catch (ServerUnreachableException e)
        {
            return Fail(ExitCode.ServerUnreachable, format, new ProblemView(null, "server not reachable", 0, e.Message, null));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return (int)ExitCode.Interrupted;
        }
        catch (IOException e) when (e.HResult == BrokenPipe)
        {
            // Whoever read the output has seen enough.
            return (int)ExitCode.Success;
        }

        Func<ParseResult, CancellationToken, Task<int>> WithContext(CommandAction action) => async (result, token) =>
        {
            SessionFile sessions = new(environment);
            using ApiClient api = Connect(sessions.Load(result.GetValue(options.Server)), time);
            CliContext context = new(terminal, api, result.GetValue(options.Output), time, sessions);
            return (int)await action(context, result, token);
        };
    }

    /// <summary>A client of a session's control plane.</summary>
    /// <exception cref="UsageException">The address or the certificates are no such thing.</exception>
    internal static ApiClient Connect(Session session, TimeProvider time) =>
        new(ServerAddress(session.Server), session.Token, ServerAuthorities.Tls(session.Authorities), time);

    private static Uri ServerAddress(string text) =>
        // Without TLS a token would be anybody's, but for the way to a program on this machine.
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && (address.Scheme == "https" || (address.Scheme == "http" && address.IsLoopback))
            ? address
            : throw new UsageException($"--server: expected a URL such as https://127.0.0.1:8443, found '{text}'");

    private int Fail(ExitCode code, OutputFormat format, ProblemView problem)
    {
        if (format == OutputFormat.Json)
        {
            terminal.Error.WriteLine(Json.Write(problem, Json.Indented.ProblemView));
            return (int)code;
        }

        foreach (string line in ProblemText.Lines(problem))
        {
            terminal.Error.WriteLine($"{terminal.Paint(Colour.Red, "error:")} {line}");
        }

        if (code == ExitCode.Usage)
        {
            terminal.Error.WriteLine("See 'mvm --help'.");
        }

        return (int)code;
    }
}
