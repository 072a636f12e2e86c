using System.Net.Sockets;
using System.Text;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Sessions;

namespace MicroVm.EdgeAgent.Local;

/// <summary><c>microvm-agent exec VM -- PROGRAM</c>: has the agent that runs on this device run a program in a VM.</summary>
internal static class LocalExec
{
    private const int MaxAnswerBytes = 1024;

    /// <summary>Runs it to its end at this process's streams.</summary>
    /// <returns>The program's exit code.</returns>
    /// <exception cref="LocalFaultException">No agent answers, it refuses, or the program cannot be run.</exception>
    /// <exception cref="ConfigurationException">The configuration cannot be used, or there is no terminal.</exception>
    internal static async Task<int> RunAsync(CommandLine line, TextWriter errors, CancellationToken cancellation)
    {
        LocalProgram program = line.Program!;
        ITerminalDevice? device = !program.Terminal ? null : TerminalDevice.OfInput()
            ?? throw new ConfigurationException("-t: expected a terminal at standard input, found none; leave -t out to pipe");
        string path = Path.Combine(AgentOptionsReader.ReadFile(line.ConfigPath).RunDirectory, LocalServer.SocketName);
        Dictionary<string, string> environment = [];
        if (device is not null && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } type)
        {
            environment.Add("TERM", type);
        }

        await using StreamChannel channel = await OpenAsync(path, new LocalRequest(LocalVerb.Session, program.Vm), cancellation);
        ExecClient client = new(
            channel, program.Input ? TerminalDevice.OpenInput() : null, Console.OpenStandardOutput(), Console.OpenStandardError(), device);
        SessionOpen open = new() { Kind = SessionKind.Exec, Command = program.Arguments, Environment = environment };
        SessionClosed closed = await client.RunAsync(open, cancellation);
        if (closed is { Fault.Length: > 0, ExitCode: 0 })
        {
            throw new LocalFaultException(Printable(closed.Fault));
        }

        if (closed.Fault.Length > 0)
        {
            await errors.WriteLineAsync($"microvm-agent: {Printable(closed.Fault)}");
        }

        return closed.ExitCode;
    }

    /// <summary>Asks for a session; the channel begins behind the agent's <c>ok</c>.</summary>
    /// <exception cref="LocalFaultException">No agent answers, or it refuses.</exception>
    internal static async Task<StreamChannel> OpenAsync(string path, LocalRequest request, CancellationToken cancellation) =>
        new(new NetworkStream(await ConnectAsync(path, request, cancellation), ownsSocket: true));

    /// <summary>Sends a request that goes on behind the agent's <c>ok</c>, and reads that.</summary>
    /// <exception cref="LocalFaultException">No agent answers, or it refuses.</exception>
    internal static async Task<Socket> ConnectAsync(string path, LocalRequest request, CancellationToken cancellation)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            await socket.SendAsync(Encoding.UTF8.GetBytes(request.ToLine() + "\n"), cancellation);
            string answer = await ReadLineAsync(socket, cancellation);
            return answer == "ok"
                ? socket
                : throw new LocalFaultException(answer.StartsWith("error: ", StringComparison.Ordinal) ? answer["error: ".Length..] : $"{path}: the agent ended the connection without an answer");
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new LocalFaultException($"{path}: no agent answers there: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What a guest says must not move the terminal's cursor.</summary>
    private static string Printable(string text) => string.Concat(text.Select(static letter => char.IsControl(letter) ? '\uFFFD' : letter));

    private static async Task<string> ReadLineAsync(Socket socket, CancellationToken cancellation)
    {
        byte[] line = new byte[MaxAnswerBytes];
        int have = 0;
        while (have < line.Length && await socket.ReceiveAsync(line.AsMemory(have, 1), cancellation) > 0 && line[have] != '\n')
        {
            have++;
        }

        return Encoding.UTF8.GetString(line, 0, have);
    }
}
