using System.Net;
using System.Net.Sockets;
using MicroVm.EdgeAgent.Diagnostics;

namespace MicroVm.EdgeAgent.Networks.Names;

/// <summary>
/// Answers guests' questions for names on one address of the bridge, over UDP and TCP. Bounded in everything: what guests ask
/// beyond that is dropped and counted, and they ask again.
/// </summary>
internal sealed class NameServer : IAsyncDisposable
{
    private const int MostInFlight = 64, MostConnections = 16, Backlog = 8;
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(10);

    private readonly IPEndPoint _address;
    private readonly INameSource _names;
    private readonly NameRelay _relay;
    private readonly AgentCounters _counters;
    private readonly TimeProvider _time;
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _serving;
    private int _inFlight;
    private int _connections;

    private NameServer(IPEndPoint address, INameSource names, NameRelay relay, AgentCounters counters, TimeProvider time)
    {
        (_address, _names, _relay, _counters, _time) = (address, names, relay, counters, time);
        _udp = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _tcp = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Of any port that is asked for, TCP has the fewer: every connection takes one.
            _tcp.Bind(address);
            _address = (IPEndPoint)_tcp.LocalEndPoint!;
            _udp.Bind(_address);
            _tcp.Listen(Backlog);
        }
        catch
        {
            _udp.Dispose();
            _tcp.Dispose();
            _closing.Dispose();
            throw;
        }

        _serving = Task.WhenAll(Task.Run(ServeUdpAsync), Task.Run(ServeTcpAsync));
    }

    /// <summary>Where it listens.</summary>
    internal IPEndPoint Address => _address;

    /// <summary>Listens on an address.</summary>
    /// <exception cref="SocketException">The address is not there, or somebody else has the port.</exception>
    internal static NameServer Listen(IPEndPoint address, INameSource names, NameRelay relay, AgentCounters counters, TimeProvider time) =>
        new(address, names, relay, counters, time);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _serving;
        _udp.Dispose();
        _tcp.Dispose();
        _closing.Dispose();
    }

    private async Task ServeUdpAsync()
    {
        byte[] buffer = new byte[NameRelay.MostUdpBytes];
        SocketAddress from = new(_address.AddressFamily);
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                int count = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, from, _closing.Token);
                await TakeAsync(buffer.AsMemory(0, count), from);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                // A guest that is gone, or a bridge that goes away: the next question may be another's.
                await Task.Delay(TimeSpan.FromMilliseconds(10), _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async ValueTask TakeAsync(ReadOnlyMemory<byte> message, SocketAddress from)
    {
        if (!DnsQuery.TryParse(message.Span, out DnsQuery query))
        {
            _counters.RefusedNameQueries.Increment();
            return;
        }

        if (_names.Answer(message.Span, query) is byte[] answer)
        {
            await _udp.SendToAsync(answer, SocketFlags.None, from, _closing.Token);
        }
        else if (_inFlight < MostInFlight)
        {
            Interlocked.Increment(ref _inFlight);
            SocketAddress guest = new(from.Family, from.Size);
            from.Buffer.CopyTo(guest.Buffer);
            _ = RelayAsync(message.ToArray(), query, guest);
        }
        else
        {
            _counters.RefusedNameQueries.Increment();
        }
    }

    private async Task RelayAsync(byte[] message, DnsQuery query, SocketAddress guest)
    {
        try
        {
            byte[] answer = await _relay.AskAsync(message, query.EndBytes, _names.Own, _closing.Token) ?? LocalNames.Failure(message, query);
            await _udp.SendToAsync(answer, SocketFlags.None, guest, _closing.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The guest asks again, or nobody serves it any more.
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private async Task ServeTcpAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                Socket guest = await _tcp.AcceptAsync(_closing.Token);
                if (Interlocked.Increment(ref _connections) <= MostConnections)
                {
                    _ = ConverseAsync(guest);
                    continue;
                }

                Interlocked.Decrement(ref _connections);
                _counters.RefusedNameQueries.Increment();
                guest.Dispose();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ConverseAsync(Socket guest)
    {
        try
        {
            await using NetworkStream stream = new(guest, ownsSocket: true);
            while (await ReadAsync(stream) is byte[] message)
            {
                if (!DnsQuery.TryParse(message, out DnsQuery query))
                {
                    _counters.RefusedNameQueries.Increment();
                    return;
                }

                byte[] answer = _names.Answer(message, query)
                    ?? await _relay.AskTcpAsync(message, query.EndBytes, _names.Own, _closing.Token)
                    ?? LocalNames.Failure(message, query);
                await DnsStream.WriteAsync(stream, answer, _closing.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The guest went away, or said nothing for too long.
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }

    private async Task<byte[]?> ReadAsync(NetworkStream stream)
    {
        using CancellationTokenSource idle = new(s_idle, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, _closing.Token);
        return await DnsStream.ReadAsync(stream, both.Token);
    }
}
