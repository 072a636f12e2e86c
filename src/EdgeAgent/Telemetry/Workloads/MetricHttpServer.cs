using System.Net;
using System.Net.Sockets;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Telemetry.Workloads;

/// <summary>
/// Answers guests that post metrics, on the bridge's address. The rules of the network lead 169.254.169.254 here and let nothing
/// else in, and have made sure that a source address is its VM's own. One request a connection, bounded in everything.
/// </summary>
internal sealed class MetricHttpServer : IAsyncDisposable
{
    /// <summary>Port on the bridge's address.</summary>
    internal const int Port = 16254;

    private const int MostConnections = 16, MostOfAVm = 4, Backlog = 16;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    private readonly Func<IPAddress, ResourceName?> _vmOf;
    private readonly MetricIntake _intake;
    private readonly TimeProvider _time;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<ResourceName, int> _connections = [];
    private readonly Task _serving;
    private int _count;

    private MetricHttpServer(IPEndPoint address, Func<IPAddress, ResourceName?> vmOf, MetricIntake intake, TimeProvider time)
    {
        (_vmOf, _intake, _time) = (vmOf, intake, time);
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(address);
            _listener.Listen(Backlog);
        }
        catch
        {
            _listener.Dispose();
            _closing.Dispose();
            throw;
        }

        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Where it listens.</summary>
    internal IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Listens on an address.</summary>
    /// <exception cref="SocketException">The address is not there, or somebody else has the port.</exception>
    internal static MetricHttpServer Listen(IPEndPoint address, Func<IPAddress, ResourceName?> vmOf, MetricIntake intake, TimeProvider time) =>
        new(address, vmOf, intake, time);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _serving;
        _listener.Dispose();
        _closing.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                Socket guest = await _listener.AcceptAsync(_closing.Token);
                if (guest.RemoteEndPoint is IPEndPoint from && _vmOf(from.Address) is ResourceName vm && TryEnter(vm))
                {
                    _ = ConverseAsync(guest, vm);
                }
                else
                {
                    guest.Dispose();
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(s_pause, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private bool TryEnter(ResourceName vm)
    {
        lock (_lock)
        {
            int own = _connections.GetValueOrDefault(vm);
            if (_count >= MostConnections || own >= MostOfAVm)
            {
                return false;
            }

            _count++;
            _connections[vm] = own + 1;
            return true;
        }
    }

    private void Leave(ResourceName vm)
    {
        lock (_lock)
        {
            _count--;
            int own = _connections[vm] - 1;
            if (own == 0)
            {
                _connections.Remove(vm);
            }
            else
            {
                _connections[vm] = own;
            }
        }
    }

    private async Task ConverseAsync(Socket guest, ResourceName vm)
    {
        try
        {
            using CancellationTokenSource limit = new(s_limit, _time);
            using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _closing.Token);
            await using NetworkStream stream = new(guest, ownsSocket: true);
            MetricAnswer answer = await AskAsync(stream, vm, both.Token);
            await stream.WriteAsync(HttpAnswers.Write(answer), both.Token);
            await EndAsync(guest, stream, both.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or SocketException)
        {
            // The guest went away, or took too long.
        }
        finally
        {
            Leave(vm);
        }
    }

    private async Task<MetricAnswer> AskAsync(NetworkStream stream, ResourceName vm, CancellationToken cancellation)
    {
        byte[] head = new byte[HttpHead.MaxBytes];
        int have = 0, end = -1;
        while (end < 0)
        {
            int count = have == head.Length ? 0 : await stream.ReadAsync(head.AsMemory(have), cancellation);
            if (count == 0)
            {
                return have == head.Length
                    ? new MetricAnswer(431, $"expected a head of at most {head.Length} bytes, found more")
                    : new MetricAnswer(400, "expected an HTTP/1.1 request, found its beginning");
            }

            have += count;
            end = head.AsSpan(0, have).IndexOf(HttpHead.End);
        }

        HttpHead? request = HttpHead.TryParse(head.AsSpan(0, end));
        if (HttpAnswers.Judge(request) is MetricAnswer refusal)
        {
            return refusal;
        }

        byte[] body = new byte[request!.ContentLength!.Value];
        int taken = Math.Min(body.Length, have - end - HttpHead.End.Length);
        head.AsSpan(end + HttpHead.End.Length, taken).CopyTo(body);
        if (request.ExpectsContinue && taken < body.Length)
        {
            await stream.WriteAsync(HttpAnswers.Continue, cancellation);
        }

        await stream.ReadExactlyAsync(body.AsMemory(taken), cancellation);
        return await _intake.TakeAsync(vm, body, cancellation);
    }

    /// <summary>Waits a moment for the guest to close: a socket closed with bytes unread resets, and the guest would not see its answer.</summary>
    private static async Task EndAsync(Socket guest, NetworkStream stream, CancellationToken cancellation)
    {
        guest.Shutdown(SocketShutdown.Send);
        byte[] rest = new byte[1024];
        for (int bytes = 0; bytes < HttpHead.MaxBytes + Shared.Contracts.Telemetry.MetricLimits.MessageBytes;)
        {
            int count = await stream.ReadAsync(rest, cancellation);
            if (count == 0)
            {
                return;
            }

            bytes += count;
        }
    }
}
