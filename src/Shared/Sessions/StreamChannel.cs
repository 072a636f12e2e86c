using System.Buffers.Binary;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Faults;

namespace MicroVm.Shared.Sessions;

/// <summary>A session over a stream of bytes, as on vsock and on the agent's local socket: each message has its length in front.</summary>
/// <param name="stream">The stream; owned.</param>
public sealed class StreamChannel(Stream stream) : SessionChannel
{
    private readonly SemaphoreSlim _sending = new(1);
    private readonly byte[] _prefix = new byte[SessionFrame.LengthBytes];
    private byte[] _received = new byte[FirstBufferBytes];
    private byte[] _sent = new byte[FirstBufferBytes];

    /// <inheritdoc/>
    public override async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancellation)
    {
        int have = await FillAsync(_prefix, cancellation);
        if (have == 0)
        {
            return default;
        }

        if (have < _prefix.Length)
        {
            throw new WireFormatException($"session frame: expected a length of {_prefix.Length} bytes, found the end after {have}");
        }

        int length = SessionFrame.ReadLength(_prefix);
        have = 0;
        while (have < length)
        {
            // Grows as it comes: 64 KiB that were only announced cost nothing.
            int step = Math.Min(length, have == 0 ? FirstBufferBytes : have * 2);
            if (_received.Length < step)
            {
                _received = Grow(_received, step);
            }

            int count = await FillAsync(_received.AsMemory(have, step - have), cancellation);
            have += count;
            if (have < step)
            {
                throw new WireFormatException($"session frame: expected {length} bytes, found the end after {have}");
            }
        }

        return _received.AsMemory(0, length);
    }

    /// <inheritdoc/>
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        await _sending.WaitAsync(cancellation);
        try
        {
            int length = SessionFrame.LengthBytes + message.Length;
            if (_sent.Length < length)
            {
                _sent = Grow(_sent, length);
            }

            BinaryPrimitives.WriteInt32BigEndian(_sent, message.Length);
            message.CopyTo(_sent.AsMemory(SessionFrame.LengthBytes));
            await stream.WriteAsync(_sent.AsMemory(0, length), cancellation);
        }
        catch (ObjectDisposedException e)
        {
            throw new IOException("the connection was closed", e);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <inheritdoc/>
    public override ValueTask EndAsync(string reason) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => stream.DisposeAsync();

    private async ValueTask<int> FillAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            return await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        }
        catch (ObjectDisposedException e)
        {
            throw new IOException("the connection was closed", e);
        }
    }
}
