using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Bundles;

/// <summary>
/// Writes a bundle as it goes: the header, each device in the order of their ids, each image in the order of their digests, the end.
/// A content that is not what its digest says ends the writing.
/// </summary>
/// <param name="target">Where to; stays open.</param>
public sealed class BundleWriter(Stream target) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Bytes of a whole bundle of such messages and images.</summary>
    public static long SizeOf(BundleHeader header, IReadOnlyCollection<BundleDevice> devices, IReadOnlyCollection<ImageReference> images) =>
        BundleLimits.PreambleBytes + BundleLimits.HeadBytes + header.Encode().Length
        + devices.Sum(static one => (2L * BundleLimits.HeadBytes) + one.Device.Value.Length + one.Desired.Length + OptionalSize(one.Trust) + OptionalSize(one.Release))
        + images.Sum(static image => (2L * BundleLimits.HeadBytes) + Encode(image).Length + (long)image.SizeBytes)
        + BundleLimits.HeadBytes + BundleLimits.EndBytes;

    /// <summary>Writes the first bytes and the header.</summary>
    public async Task WriteHeaderAsync(BundleHeader header, CancellationToken cancellation)
    {
        byte[] preamble = new byte[BundleLimits.PreambleBytes];
        BundleLimits.Magic.CopyTo(preamble);
        BinaryPrimitives.WriteUInt32BigEndian(preamble.AsSpan(BundleLimits.Magic.Length), header.Version);
        await WriteAsync(preamble, cancellation);
        await WriteAsync(BundleRecord.Header, header.Encode(), cancellation);
    }

    /// <summary>Writes what is for a device.</summary>
    public async Task WriteDeviceAsync(BundleDevice device, CancellationToken cancellation)
    {
        await WriteAsync(BundleRecord.Device, Encoding.ASCII.GetBytes(device.Device.Value), cancellation);
        await WriteAsync(BundleRecord.Desired, device.Desired, cancellation);
        if (device.Trust.Length > 0)
        {
            await WriteAsync(BundleRecord.Trust, device.Trust, cancellation);
        }

        if (device.Release.Length > 0)
        {
            await WriteAsync(BundleRecord.Release, device.Release, cancellation);
        }
    }

    /// <summary>Writes an image, or the artifact of an agent release.</summary>
    /// <param name="image">What it is.</param>
    /// <param name="content">Its squashfs, or the artifact.</param>
    /// <param name="written">Told how many bytes each write had.</param>
    /// <param name="cancellation">Ends the writing.</param>
    /// <exception cref="WireFormatException">The content is another one.</exception>
    public async Task WriteImageAsync(ImageReference image, Stream content, Action<int> written, CancellationToken cancellation)
    {
        await WriteAsync(BundleRecord.Image, Encode(image), cancellation);
        await WriteHeadAsync(BundleRecord.Content, (long)image.SizeBytes, cancellation);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BundleLimits.BufferBytes];
        ulong length = 0;
        int count;
        while ((count = await content.ReadAsync(buffer, cancellation)) > 0 && (length += (ulong)count) <= image.SizeBytes)
        {
            hash.AppendData(buffer, 0, count);
            await target.WriteAsync(buffer.AsMemory(0, count), cancellation);
            written(count);
        }

        Digest found = Digest.FromHash(hash.GetHashAndReset());
        if (length != image.SizeBytes || found != image.Digest)
        {
            throw new WireFormatException($"image {image.Digest}: expected its {image.SizeBytes} bytes, found {(length > image.SizeBytes ? "more" : $"{length}")} with digest {found}");
        }
    }

    /// <summary>Writes the end.</summary>
    public async Task FinishAsync(CancellationToken cancellation)
    {
        byte[] hash = _hash.GetCurrentHash();
        await WriteAsync(BundleRecord.End, hash, cancellation);
        await target.FlushAsync(cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private static int OptionalSize(byte[] body) => body.Length > 0 ? BundleLimits.HeadBytes + body.Length : 0;

    private static byte[] Encode(ImageReference image) => WireWriter.Encode(image.Write);

    private async Task WriteAsync(BundleRecord kind, byte[] body, CancellationToken cancellation)
    {
        if (body.Length > BundleLimits.Of(kind))
        {
            throw new WireFormatException($"bundle {kind}: expected at most {BundleLimits.Of(kind)} bytes, found {body.Length}");
        }

        await WriteHeadAsync(kind, body.Length, cancellation);
        await WriteAsync(body, cancellation);
    }

    private Task WriteHeadAsync(BundleRecord kind, long length, CancellationToken cancellation)
    {
        byte[] head = new byte[BundleLimits.HeadBytes];
        head[0] = (byte)kind;
        BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(1), length);
        return WriteAsync(head, cancellation);
    }

    private async Task WriteAsync(byte[] bytes, CancellationToken cancellation)
    {
        _hash.AppendData(bytes);
        await target.WriteAsync(bytes, cancellation);
    }
}
