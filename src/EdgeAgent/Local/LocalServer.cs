using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Store;

namespace MicroVm.EdgeAgent.Local;

/// <summary>
/// Listens in the run directory for root and the agent's own user, as the kernel names them. One line asks, lines answer: <c>ok</c> and what
/// was asked for, a JSON object in each line, or <c>error:</c> and why not. Then the connection ends.
/// </summary>
internal sealed class LocalServer(string path, uint agentUid, ILocalRequests requests, LocalSessions sessions, LocalBundles bundles, ILogger logger) : IDisposable
{
    private const int Backlog = 8, MostConnections = 8 + Sessions.SessionSlots.Most;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _room = new(MostConnections);

    /// <summary>Name of the socket in the run directory. No VM has that name: it holds a dot.</summary>
    internal const string SocketName = "agent.sock";

    /// <summary>Serves until cancelled.</summary>
    /// <exception cref="SocketException">The path cannot be listened on.</exception>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        File.Delete(path);
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        listener.Listen(Backlog);
        try
        {
            while (true)
            {
                Socket socket = await listener.AcceptAsync(cancellation);
                try
                {
                    await _room.WaitAsync(cancellation);
                }
                catch (OperationCanceledException)
                {
                    socket.Dispose();
                    throw;
                }

                _ = ServeAsync(socket, cancellation);
            }
        }
        finally
        {
            // Whoever is being answered has been told to end as well.
            for (int i = 0; i < MostConnections; i++)
            {
                await _room.WaitAsync(CancellationToken.None);
            }

            _room.Release(MostConnections);
            File.Delete(path);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _room.Dispose();

    private async Task ServeAsync(Socket socket, CancellationToken cancellation)
    {
        try
        {
            await using NetworkStream stream = new(socket, ownsSocket: true);
            await AnswerAsync(socket, stream, cancellation);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Whoever asked has gone, or never asked.
            Log.LocalEnded(logger, e.Message);
        }
        finally
        {
            _room.Release();
        }
    }

    private async Task AnswerAsync(Socket socket, NetworkStream stream, CancellationToken cancellation)
    {
        if (PeerCredentials.Of(socket) is not PeerCredentials peer || !peer.MayAsk(agentUid))
        {
            Log.LocalRefused(logger, PeerCredentials.Of(socket)?.Uid ?? uint.MaxValue);
            await WriteAsync(stream, $"error: expected root or uid {agentUid}, found another user", cancellation);
            return;
        }

        using CancellationTokenSource hurry = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        hurry.CancelAfter(s_patience);
        if (await ReadLineAsync(stream, hurry.Token) is not string line || !LocalRequest.TryParse(line, out LocalRequest request))
        {
            await WriteAsync(stream, "error: expected status, vms, events, logs VM TAIL follow|end, session VM, pause REASON, resume or apply import|check, found another request", cancellation);
            return;
        }

        if (request.Verb == LocalVerb.Session)
        {
            await sessions.ServeAsync(stream, request.Vm, peer, cancellation);
            return;
        }

        if (request.Verb == LocalVerb.Apply)
        {
            await bundles.ServeAsync(stream, request, peer, cancellation);
            return;
        }

        // A connection ends for a follower when its other end does, which reading tells.
        using CancellationTokenSource gone = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task watching = request.Follow ? WatchAsync(stream, gone) : Task.CompletedTask;
        try
        {
            await WriteAsync(stream, "ok", gone.Token);
            await foreach (string answer in requests.AnswerAsync(request, peer, gone.Token))
            {
                await WriteAsync(stream, answer, gone.Token);
            }
        }
        catch (StoreException e)
        {
            await WriteAsync(stream, $"error: {e.Message}", cancellation);
        }
        finally
        {
            await gone.CancelAsync();
            await watching;
        }
    }

    private static async Task WatchAsync(NetworkStream stream, CancellationTokenSource gone)
    {
        byte[] nothing = new byte[1];
        try
        {
            _ = await stream.ReadAsync(nothing, gone.Token);
            await gone.CancelAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            await gone.CancelAsync();
        }
    }

    /// <summary>The first line; null when it is too long, or when the connection ends before it does.</summary>
    private static async Task<string?> ReadLineAsync(NetworkStream stream, CancellationToken cancellation)
    {
        // Byte by byte: what follows the line of a session is its first frame.
        byte[] bytes = new byte[LocalRequest.MaxBytes];
        for (int length = 0; length < bytes.Length; length++)
        {
            if (await stream.ReadAsync(bytes.AsMemory(length, 1), cancellation) == 0)
            {
                return null;
            }

            if (bytes[length] == '\n')
            {
                return Encoding.UTF8.GetString(bytes, 0, length);
            }
        }

        return null;
    }

    private static async Task WriteAsync(NetworkStream stream, string line, CancellationToken cancellation) =>
        await stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), cancellation);
}
