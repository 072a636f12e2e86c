using System.Net.Sockets;
using System.Text;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.Shared.Contracts.Bundles;

namespace MicroVm.EdgeAgent.Local;

/// <summary><c>microvm-agent apply FILE</c>: carries a bundle to the agent that runs on this device, and prints what it says.</summary>
internal static class LocalApply
{
    private const string DoneBegins = "{\"event\":\"done\"", ProgressBegins = "{\"event\":\"progress\"";

    /// <summary>Runs until the agent has taken or refused it.</summary>
    /// <exception cref="LocalFaultException">No agent answers, it refuses, or the file cannot be read.</exception>
    /// <exception cref="ConfigurationException">The configuration cannot be used.</exception>
    internal static async Task RunAsync(CommandLine line, TextWriter output, bool isTerminal, CancellationToken cancellation)
    {
        string path = Path.Combine(AgentOptionsReader.ReadFile(line.ConfigPath).RunDirectory, LocalServer.SocketName);
        await using Stream bundle = Open(line.File);
        await SendAsync(path, line.Request!, bundle, answer => Show(answer, line.Json, output, isTerminal), cancellation);
    }

    /// <summary>Sends a bundle and hands on each line of the answer.</summary>
    /// <exception cref="LocalFaultException">No agent answers, or it refuses.</exception>
    internal static async Task SendAsync(string path, LocalRequest request, Stream bundle, Action<string> onLine, CancellationToken cancellation)
    {
        Socket socket = await LocalExec.ConnectAsync(path, request, cancellation);
        await using NetworkStream stream = new(socket, ownsSocket: true);
        using CancellationTokenSource answered = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        LocalFaultException? unread = null, refusal = null;
        _ = CopyAsync(bundle, socket, fault => unread = fault, answered.Token);
        bool isDone = false;
        try
        {
            using StreamReader reader = new(stream, Encoding.UTF8, leaveOpen: true);
            while (refusal is null && await reader.ReadLineAsync(cancellation) is string answer)
            {
                if (answer.StartsWith("error: ", StringComparison.Ordinal))
                {
                    refusal = new LocalFaultException(answer["error: ".Length..]);
                    break;
                }

                onLine(answer);
                isDone = answer.StartsWith(DoneBegins, StringComparison.Ordinal);
            }
        }
        catch (IOException e)
        {
            refusal = new LocalFaultException($"{path}: the connection broke: {e.Message}", e);
        }
        finally
        {
            await answered.CancelAsync();
        }

        if (!isDone)
        {
            // A file that could not be read looks cut off to the agent: the cause goes first.
            throw unread ?? refusal ?? new LocalFaultException($"{path}: the agent ended the connection before it had taken the bundle");
        }
    }

    private static Stream Open(string path)
    {
        try
        {
            return path == "-" ? Console.OpenStandardInput() : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LocalFaultException($"{path}: expected a bundle that can be read: {e.Message}", e);
        }
    }

    private static void Show(string answer, bool json, TextWriter output, bool isTerminal)
    {
        bool isProgress = answer.StartsWith(ProgressBegins, StringComparison.Ordinal);
        if (json)
        {
            output.WriteLine(answer);
        }
        else if (isProgress && isTerminal)
        {
            output.Write($"\r{LocalText.OfBundle(answer)}\e[K\r");
        }
        else if (!isProgress)
        {
            output.WriteLine(LocalText.OfBundle(answer));
        }

        output.Flush();
    }

    /// <summary>Sends all of it and the end, whatever comes in between. A connection that breaks is the reader's to explain.</summary>
    private static async Task CopyAsync(Stream bundle, Socket socket, Action<LocalFaultException> onUnread, CancellationToken cancellation)
    {
        byte[] buffer = new byte[BundleLimits.BufferBytes];
        try
        {
            int count;
            while ((count = await bundle.ReadAsync(buffer, cancellation)) > 0)
            {
                for (int sent = 0; sent < count;)
                {
                    sent += await socket.SendAsync(buffer.AsMemory(sent, count - sent), cancellation);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It has answered, or it is gone.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            onUnread(new LocalFaultException($"the bundle cannot be read any further: {e.Message}", e));
        }

        Finish(socket);
    }

    /// <summary>The agent sees the end; a bundle that was not whole is cut off there.</summary>
    private static void Finish(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The agent has ended it.
        }
    }
}
