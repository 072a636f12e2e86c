using System.Buffers.Binary;
using System.Security.Cryptography;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Bundles;

/// <summary>The records of a bundle, one head ahead, so that whoever reads a body knows what comes behind it.</summary>
internal sealed class BundleSource(Stream source) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _head = new byte[BundleLimits.HeadBytes];
    private byte[] _before = [];
    private BundleRecord _last = BundleRecord.Release;

    /// <summary>The record that comes next.</summary>
    internal BundleRecord Next { get; private set; }

    /// <summary>Length of its body, within its kind's limit.</summary>
    internal long NextLength { get; private set; }

    /// <summary>Reads magic and version, and the head behind them.</summary>
    /// <returns>The version.</returns>
    internal async Task<uint> ReadPreambleAsync(CancellationToken cancellation)
    {
        byte[] preamble = await ReadAsync(BundleLimits.PreambleBytes, "a bundle's first bytes", cancellation);
        if (!preamble.AsSpan(0, BundleLimits.Magic.Length).SequenceEqual(BundleLimits.Magic))
        {
            throw new WireFormatException("bundle: expected a file that 'mvm bundle' made, found other first bytes");
        }

        uint version = BinaryPrimitives.ReadUInt32BigEndian(preamble.AsSpan(BundleLimits.Magic.Length));
        if (version is < BundleLimits.VersionWithoutReleases or > BundleLimits.Version)
        {
            throw new WireFormatException($"bundle: expected version {BundleLimits.VersionWithoutReleases} or {BundleLimits.Version}, found {version}");
        }

        _last = version == BundleLimits.Version ? BundleRecord.Release : BundleRecord.End;
        _hash.AppendData(preamble);
        await ReadHeadAsync(cancellation);
        return version;
    }

    /// <summary>Reads the body of the next record, which has to be of this kind, and the head behind it.</summary>
    internal async Task<byte[]> ReadBodyAsync(BundleRecord kind, CancellationToken cancellation)
    {
        if (Next != kind)
        {
            throw new WireFormatException($"bundle: expected {kind}, found {Next}");
        }

        byte[] body = await ReadAsync(NextLength, $"{kind}", cancellation);
        _hash.AppendData(body);
        await ReadHeadAsync(cancellation);
        return body;
    }

    /// <summary>Reads the content that comes next piece by piece, and the head behind it.</summary>
    /// <returns>Its digest.</returns>
    internal async Task<Digest> ReadContentAsync(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> take, CancellationToken cancellation)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BundleLimits.BufferBytes];
        for (long left = NextLength; left > 0;)
        {
            int count = await source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellation);
            if (count == 0)
            {
                throw Cut($"{BundleRecord.Content}", NextLength, NextLength - left);
            }

            hash.AppendData(buffer, 0, count);
            await take(buffer.AsMemory(0, count), cancellation);
            left -= count;
        }

        await ReadHeadAsync(cancellation);
        return Digest.FromHash(hash.GetHashAndReset());
    }

    /// <summary>Reads the last record and the end of the file.</summary>
    internal async Task ReadEndAsync(CancellationToken cancellation)
    {
        if (Next != BundleRecord.End)
        {
            throw new WireFormatException($"bundle: expected {BundleRecord.Image} or {BundleRecord.End}, found {Next}");
        }

        byte[] hash = await ReadAsync(BundleLimits.EndBytes, $"{BundleRecord.End}", cancellation);
        if (!hash.AsSpan().SequenceEqual(_before))
        {
            throw new WireFormatException("bundle: expected the digest of its records at its end, found another: it is damaged");
        }

        if (await source.ReadAsync(_head.AsMemory(0, 1), cancellation) != 0)
        {
            throw new WireFormatException($"bundle: expected the end of the file behind {BundleRecord.End}, found more bytes");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private async Task ReadHeadAsync(CancellationToken cancellation)
    {
        int count = await source.ReadAtLeastAsync(_head, _head.Length, throwOnEndOfStream: false, cancellation);
        if (count < _head.Length)
        {
            throw Cut("a record's head", _head.Length, count);
        }

        (Next, NextLength) = ((BundleRecord)_head[0], BinaryPrimitives.ReadInt64BigEndian(_head.AsSpan(1)));
        if (Next < BundleRecord.Header || Next > _last)
        {
            throw new WireFormatException($"bundle: expected a record of kind 1 to {(int)_last}, found kind {_head[0]}");
        }

        if (NextLength < 0 || NextLength > BundleLimits.Of(Next) || (Next == BundleRecord.End && NextLength != BundleLimits.EndBytes))
        {
            throw new WireFormatException($"bundle {Next}: expected at most {BundleLimits.Of(Next)} bytes, found {(ulong)NextLength}");
        }

        if (Next == BundleRecord.End)
        {
            _before = _hash.GetCurrentHash();
        }

        _hash.AppendData(_head);
    }

    /// <summary>Bytes that are there; a declared length sizes nothing before they are.</summary>
    private async Task<byte[]> ReadAsync(long length, string what, CancellationToken cancellation)
    {
        byte[] bytes = new byte[Math.Min(length, BundleLimits.BufferBytes)];
        for (int have = 0; have < length;)
        {
            if (have == bytes.Length)
            {
                Array.Resize(ref bytes, (int)Math.Min(length, 2L * bytes.Length));
            }

            int count = await source.ReadAsync(bytes.AsMemory(have), cancellation);
            if (count == 0)
            {
                throw Cut(what, length, have);
            }

            have += count;
        }

        return bytes;
    }

    private static WireFormatException Cut(string what, long expected, long found) =>
        new($"bundle {what}: expected {expected} bytes, found the end of the file after {found}: it is cut off");
}
