using System.Net.Sockets;
using System.Threading.Channels;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Faults;

namespace MicroVm.EdgeAgent.Vms.Guest;

/// <summary>
/// One connection of a guest. Frames are bounded, the first must be a hello, and a guest that does not read what it is sent
/// is disconnected: everything here comes from a machine that a workload may have taken over.
/// </summary>
internal sealed class GuestConnection : IAsyncDisposable
{
    private const int OutboundMessages = 64;

    private readonly Socket _socket;
    private readonly IGuestHandler _handler;
    private readonly CancellationTokenSource _closing = new();
    private readonly Channel<GuestMessage> _outbound = Channel.CreateBounded<GuestMessage>(
        new BoundedChannelOptions(OutboundMessages) { SingleReader = true });

    private readonly byte[] _header = new byte[GuestChannel.HeaderBytes];

    internal GuestConnection(Socket socket, IGuestHandler handler)
    {
        _socket = socket;
        _handler = handler;
    }

    /// <summary>Reads until the guest closes.</summary>
    /// <exception cref="WireFormatException">The guest said what is not of the channel.</exception>
    /// <exception cref="IOException">The connection broke or the agent closed it.</exception>
    internal async Task RunAsync()
    {
        Task sending = SendAsync();
        try
        {
            await ReceiveAsync();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            throw new IOException(e.Message, e);
        }
        finally
        {
            await _closing.CancelAsync();
            await sending;
        }
    }

    /// <summary>Queues a message; one that finds the queue full ends the connection.</summary>
    internal bool TrySend(GuestMessage message)
    {
        if (_outbound.Writer.TryWrite(message))
        {
            return true;
        }

        _closing.Cancel();
        return false;
    }

    /// <summary>Ends the connection; <see cref="RunAsync"/> returns soon.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _socket.Dispose();
    }

    private async Task ReceiveAsync()
    {
        bool greeted = false;
        while (await ReadFrameAsync() is byte[] body)
        {
            GuestMessage message = GuestMessage.Decode(body);
            if (!greeted)
            {
                await GreetAsync(message);
                greeted = true;
            }
            else if (await _handler.OnMessageAsync(message, _closing.Token) is GuestMessage answer)
            {
                TrySend(answer);
            }
        }
    }

    private async Task GreetAsync(GuestMessage message)
    {
        if (message is not GuestHello hello)
        {
            throw new WireFormatException($"guest channel: expected a hello first, found {message.GetType().Name}");
        }

        if (hello.ProtocolVersion is < GuestHello.OldestProtocolVersion or > GuestHello.CurrentProtocolVersion)
        {
            throw new WireFormatException(
                $"guest hello: expected protocol version {GuestHello.OldestProtocolVersion} to {GuestHello.CurrentProtocolVersion}, found {hello.ProtocolVersion}");
        }

        foreach (GuestMessage answer in await _handler.OnHelloAsync(hello, _closing.Token))
        {
            TrySend(answer);
        }
    }

    /// <summary>A frame's body; null at the end of the stream between two frames.</summary>
    private async Task<byte[]?> ReadFrameAsync()
    {
        int have = await FillAsync(_header);
        if (have == 0)
        {
            return null;
        }

        if (have < _header.Length)
        {
            throw new WireFormatException($"guest frame: expected a length of {_header.Length} bytes, found the end after {have}");
        }

        byte[] body = new byte[GuestChannel.ReadLength(_header)];
        have = await FillAsync(body);
        return have == body.Length
            ? body
            : throw new WireFormatException($"guest frame: expected {body.Length} bytes, found the end after {have}");
    }

    private async Task<int> FillAsync(Memory<byte> buffer)
    {
        int have = 0;
        while (have < buffer.Length)
        {
            int count = await _socket.ReceiveAsync(buffer[have..], _closing.Token);
            if (count == 0)
            {
                break;
            }

            have += count;
        }

        return have;
    }

    private async Task SendAsync()
    {
        try
        {
            await foreach (GuestMessage message in _outbound.Reader.ReadAllAsync(_closing.Token))
            {
                ReadOnlyMemory<byte> left = GuestChannel.Frame(message);
                while (!left.IsEmpty)
                {
                    left = left[await _socket.SendAsync(left, _closing.Token)..];
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The reading side finds the same and says it.
            await _closing.CancelAsync();
        }
    }
}
