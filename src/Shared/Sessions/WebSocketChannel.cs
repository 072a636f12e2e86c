using System.Net.WebSockets;
using System.Text;
using MicroVm.Shared.Faults;

namespace MicroVm.Shared.Sessions;

/// <summary>
/// A session over a WebSocket (RFC 6455), a message in each binary message. Each side sends a pong every
/// <see cref="PongInterval"/>, unasked, whether it reads or not; a side that waits for bytes and gets none for
/// <see cref="SilenceLimit"/> takes the other for gone. Pings with a limit on their answers would take somebody who only stopped
/// reading, as a pager does, for gone as well.
/// </summary>
public sealed class WebSocketChannel : SessionChannel
{
    private const int MaxReasonBytes = 120;

    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    private readonly WebSocket _socket;
    private readonly SemaphoreSlim _sending = new(1);
    private byte[] _received = new byte[FirstBufferBytes];

    /// <summary>A channel over a stream whose upgrade is done.</summary>
    /// <param name="stream">The stream; owned.</param>
    /// <param name="isServer">True for the side that was asked for the upgrade.</param>
    /// <param name="time">Clock of the silence limit.</param>
    public WebSocketChannel(Stream stream, bool isServer, TimeProvider time)
    {
        _socket = WebSocket.CreateFromStream(
            new SilenceLimitedStream(stream, SilenceLimit, time),
            new WebSocketCreationOptions { IsServer = isServer, KeepAliveInterval = PongInterval });
    }

    /// <summary>Time between two pongs.</summary>
    public static TimeSpan PongInterval { get; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest time without a byte.</summary>
    public static TimeSpan SilenceLimit { get; } = TimeSpan.FromSeconds(45);

    /// <summary>What the other side said when it closed; empty when it did not say anything.</summary>
    public string CloseReason => _socket.CloseStatusDescription ?? "";

    /// <inheritdoc/>
    public override async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancellation)
    {
        int have = 0;
        while (true)
        {
            // One byte more than a message may have, so that the end of the longest one is seen.
            if (have == _received.Length)
            {
                _received = have > MaxMessageBytes ? throw TooLong() : Grow(_received, have + 1);
            }

            ValueWebSocketReceiveResult result = await GuardAsync(_socket.ReceiveAsync(_received.AsMemory(have), cancellation), cancellation);
            switch (result.MessageType)
            {
                case WebSocketMessageType.Close:
                    return default;
                case WebSocketMessageType.Text:
                    throw new WireFormatException("session: expected binary messages, found text");
            }

            have += result.Count;
            if (result.EndOfMessage)
            {
                return have is > 0 and <= MaxMessageBytes
                    ? _received.AsMemory(0, have)
                    : throw (have == 0 ? new WireFormatException("session: expected a kind, found an empty message") : TooLong());
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        await _sending.WaitAsync(cancellation);
        try
        {
            await GuardAsync(SendOneAsync(), cancellation);
        }
        finally
        {
            _sending.Release();
        }

        async ValueTask<bool> SendOneAsync()
        {
            await _socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, cancellation);
            return true;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask EndAsync(string reason)
    {
        using CancellationTokenSource limit = new(s_farewell);
        bool held = false;
        try
        {
            await _sending.WaitAsync(limit.Token);
            held = true;
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, Shorten(reason), limit.Token);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // It has gone already.
        }
        finally
        {
            if (held)
            {
                _sending.Release();
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private static WireFormatException TooLong() => new($"session: expected messages of at most {MaxMessageBytes} bytes, found a longer one");

    private static string Shorten(string reason)
    {
        while (Encoding.UTF8.GetByteCount(reason) > MaxReasonBytes)
        {
            reason = reason[..(reason.Length * 3 / 4)];
        }

        return reason;
    }

    /// <summary>Everything by which a connection ends early is one exception.</summary>
    private static async ValueTask<T> GuardAsync<T>(ValueTask<T> operation, CancellationToken cancellation)
    {
        try
        {
            return await operation;
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new IOException(ReasonOf(e), e);
        }
    }

    /// <summary>What the transport says, where it says anything: the WebSocket's own words are always the same.</summary>
    private static string ReasonOf(Exception fault)
    {
        for (Exception? one = fault; one is not null; one = one.InnerException)
        {
            if (one is IOException)
            {
                return one.Message;
            }
        }

        return fault.Message;
    }
}
