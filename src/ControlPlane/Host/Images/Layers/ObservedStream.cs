using System.Security.Cryptography;

namespace MicroVm.ControlPlane.Host.Images.Layers;

/// <summary>A stream read through: every byte is hashed, counted against a limit and, if wanted, kept in a file.</summary>
/// <param name="inner">Where the bytes come from.</param>
/// <param name="copy">Where they are kept; null for nowhere.</param>
/// <param name="limit">Most bytes.</param>
/// <param name="thing">What it is, for errors.</param>
internal sealed class ObservedStream(Stream inner, Stream? copy, long limit, string thing) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _count;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <summary>Bytes read.</summary>
    public override long Position
    {
        get => _count;
        set => throw new NotSupportedException();
    }

    /// <summary>SHA-256 of the bytes read since the last call.</summary>
    public byte[] TakeHash() => _hash.GetHashAndReset();

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await inner.ReadAsync(buffer, cancellationToken);
        _count += count;
        if (_count > limit)
        {
            throw ImageImportException.TooLarge(thing, $"{limit} bytes decompressed", "more");
        }

        _hash.AppendData(buffer.Span[..count]);
        if (copy is not null && count > 0)
        {
            await copy.WriteAsync(buffer[..count], cancellationToken);
        }

        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
