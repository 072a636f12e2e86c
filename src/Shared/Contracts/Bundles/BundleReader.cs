using System.Text;
using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Bundles;

/// <summary>
/// Reads a bundle from its first byte to its last, once, from anything that can be read: header, devices, images. Nobody signed the
/// file, so it proves only that it is whole: each record in its place, each content what its digest says. What is in it is verified by
/// whoever uses it. A reader that has said that there are no more images has seen the end.
/// </summary>
public sealed class BundleReader : IDisposable
{
    private readonly BundleSource _source;
    private BundleHeader _header = new(0, 0, 0, 0);
    private ImageReference? _unread;
    private string _device = "", _image = "";
    private int _devices, _images, _releases;
    private long _contentBytes;
    private bool _ended;

    /// <summary>Reads from a stream, which stays open.</summary>
    public BundleReader(Stream source) => _source = new BundleSource(source);

    /// <summary>Reads the first bytes and the header; comes first.</summary>
    /// <exception cref="WireFormatException">This is no bundle, or one of another version.</exception>
    public async Task<BundleHeader> ReadHeaderAsync(CancellationToken cancellation)
    {
        uint version = await _source.ReadPreambleAsync(cancellation);
        _header = BundleHeader.Decode(await _source.ReadBodyAsync(BundleRecord.Header, cancellation));
        return _header.Version == version ? _header : throw Fault($"a header of version {version}", $"{_header.Releases} agent releases");
    }

    /// <summary>Reads what is for the next device; null when there are no more.</summary>
    /// <exception cref="WireFormatException">The bundle is damaged.</exception>
    public async Task<BundleDevice?> ReadDeviceAsync(CancellationToken cancellation)
    {
        if (_source.Next != BundleRecord.Device)
        {
            return _devices == _header.Devices && _releases == _header.Releases
                ? null
                : throw Fault(
                    $"{_header.Devices} devices{(_header.Releases > 0 ? $" and {_header.Releases} agent releases" : "")}, as its header says",
                    $"{_devices}{(_header.Releases > 0 ? $" and {_releases}" : "")}");
        }

        string text = Encoding.ASCII.GetString(await _source.ReadBodyAsync(BundleRecord.Device, cancellation));
        if (!DeviceId.TryParse(text, out DeviceId device) || string.CompareOrdinal(text, _device) <= 0 || _devices == _header.Devices)
        {
            throw Fault($"{_header.Devices} devices, each once and in the order of their ids", $"another device after '{_device}'");
        }

        (_device, _devices) = (text, _devices + 1);
        byte[] desired = await _source.ReadBodyAsync(BundleRecord.Desired, cancellation);
        byte[] trust = _source.Next == BundleRecord.Trust ? await _source.ReadBodyAsync(BundleRecord.Trust, cancellation) : [];
        byte[] release = _source.Next == BundleRecord.Release ? await _source.ReadBodyAsync(BundleRecord.Release, cancellation) : [];
        _releases += release.Length > 0 ? 1 : 0;
        return new BundleDevice(device, desired, trust) { Release = release };
    }

    /// <summary>Reads what the next image is, over the content of the one before; null at the end of the bundle, which was whole.</summary>
    /// <exception cref="WireFormatException">The bundle is damaged.</exception>
    public async Task<ImageReference?> ReadImageAsync(CancellationToken cancellation)
    {
        if (_unread is not null)
        {
            await ReadContentAsync(static (_, _) => ValueTask.CompletedTask, cancellation);
        }

        if (_ended)
        {
            return null;
        }

        if (_source.Next != BundleRecord.Image)
        {
            await EndAsync(cancellation);
            return null;
        }

        ImageReference image = WireReader.Decode(await _source.ReadBodyAsync(BundleRecord.Image, cancellation), "bundle image", ImageReference.Read);
        if (string.CompareOrdinal(image.Digest.Value, _image) <= 0 || _images == _header.Images)
        {
            throw Fault($"{_header.Images} images, each once and in the order of their digests", $"{image.Digest} after {(_image.Length == 0 ? "none" : _image)}");
        }

        if (_source.Next != BundleRecord.Content || (ulong)_source.NextLength != image.SizeBytes)
        {
            throw Fault($"the {image.SizeBytes} bytes of image {image.Digest}", $"{_source.Next} of {_source.NextLength} bytes");
        }

        (_image, _images, _unread) = (image.Digest.Value, _images + 1, image);
        return image;
    }

    /// <summary>Reads the content of the image that was read last.</summary>
    /// <param name="take">Takes each piece, before the whole is known to be what its digest says.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="WireFormatException">The content is another one, or ends before its end.</exception>
    public async Task ReadContentAsync(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> take, CancellationToken cancellation)
    {
        ImageReference image = _unread ?? throw new InvalidOperationException("no image was read before");
        _unread = null;
        _contentBytes += (long)image.SizeBytes;
        Digest found = await _source.ReadContentAsync(take, cancellation);
        if (found != image.Digest)
        {
            throw Fault($"the content of image {image.Digest}", $"other bytes, with digest {found}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    private async Task EndAsync(CancellationToken cancellation)
    {
        await _source.ReadEndAsync(cancellation);
        if (_images != _header.Images || _contentBytes != _header.ContentBytes)
        {
            throw Fault($"{_header.Images} images of {_header.ContentBytes} bytes, as its header says", $"{_images} of {_contentBytes}");
        }

        _ended = true;
    }

    private static WireFormatException Fault(string expected, string found) => new($"bundle: expected {expected}, found {found}");
}
