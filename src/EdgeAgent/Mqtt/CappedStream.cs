namespace MicroVm.EdgeAgent.Mqtt;

/// <summary>
/// Passes a connection's bytes through and reads along the length of every MQTT packet (MQTT 5 section 2.1.4). The client
/// library allocates what a packet declares before it has arrived; a packet over the cap ends the connection here, before
/// the library has seen its length.
/// </summary>
internal sealed class CappedStream(Stream inner, int maximumPacketBytes, Action<long>? tooLarge = null) : Stream
{
    private const int LengthDigitBits = 7;
    private const int MaxLengthDigits = 4;

    private long _bodyLeft;
    private int _lengthDigits = -1;
    private long _length;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await inner.ReadAsync(buffer, cancellationToken);
        Follow(buffer.Span[..count]);
        return count;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = inner.Read(buffer, offset, count);
        Follow(buffer.AsSpan(offset, read));
        return read;
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.WriteAsync(buffer, offset, count, cancellationToken);

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Follow(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_bodyLeft > 0)
            {
                int skipped = (int)Math.Min(_bodyLeft, bytes.Length);
                _bodyLeft -= skipped;
                bytes = bytes[skipped..];
                continue;
            }

            FollowHeaderByte(bytes[0]);
            bytes = bytes[1..];
        }
    }

    private void FollowHeaderByte(byte value)
    {
        if (_lengthDigits < 0)
        {
            // The first byte of a packet is its type and flags.
            _lengthDigits = 0;
            _length = 0;
            return;
        }

        _length |= (long)(value & 0x7F) << (LengthDigitBits * _lengthDigits++);
        bool more = (value & 0x80) != 0;
        if (_length > maximumPacketBytes || (more && _lengthDigits == MaxLengthDigits))
        {
            tooLarge?.Invoke(_length);
            throw new IOException($"MQTT packet: expected at most {maximumPacketBytes} bytes, found a declared length over that");
        }

        if (!more)
        {
            _bodyLeft = _length;
            _lengthDigits = -1;
        }
    }
}
