using MicroVm.Shared.Contracts.Sessions;

namespace MicroVm.Shared.Sessions;

/// <summary>
/// One end of a connection that carries a session: whole messages, each a frame's kind and content, in order. One reads, any
/// number may send. What is received is bounded, and nothing is allocated for a length that was only declared.
/// </summary>
public abstract class SessionChannel : IAsyncDisposable
{
    /// <summary>Longest message.</summary>
    protected const int MaxMessageBytes = SessionFrame.MaxContentBytes + 1;

    /// <summary>What a buffer begins with; it grows with what really comes.</summary>
    protected const int FirstBufferBytes = 4 << 10;

    /// <summary>Waits for the next message.</summary>
    /// <returns>The message, valid until the next call; empty when the other side has ended.</returns>
    /// <exception cref="Faults.WireFormatException">What came is no message.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public abstract ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancellation);

    /// <summary>Sends a message; waits while the other side does not read.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation);

    /// <summary>Says that nothing more is sent, and why. Never throws: the connection may have gone.</summary>
    public abstract ValueTask EndAsync(string reason);

    /// <summary>Sends a frame.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public ValueTask SendAsync(SessionFrameKind kind, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        SendAsync(new SessionFrame(kind, content).Encode(), cancellation);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>A buffer of at least this many bytes that begins with what another one holds; no larger than any message needs.</summary>
    protected static byte[] Grow(byte[] buffer, int needed)
    {
        int length = buffer.Length;
        while (length < needed)
        {
            length = Math.Min(length * 2, MaxMessageBytes + SessionFrame.LengthBytes);
        }

        Array.Resize(ref buffer, length);
        return buffer;
    }
}
