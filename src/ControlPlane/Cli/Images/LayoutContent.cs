using System.Formats.Tar;
using System.Net;
using System.Net.Http.Headers;
using MicroVm.ControlPlane.Cli.Hosting;

namespace MicroVm.ControlPlane.Cli.Images;

/// <summary>
/// The body of a push: the tar of an OCI image layout, made while it is sent from a directory, or a tar file as it is. Of a
/// directory only what belongs to a layout is sent, always in the same order.
/// </summary>
internal sealed class LayoutContent : HttpContent
{
    private const string Marker = "oci-layout", Index = "index.json", Blobs = "blobs/sha256";
    private const int CopyBytes = 256 << 10;

    private readonly IReadOnlyList<(string Name, FileInfo File)> _files;
    private readonly bool _isTar;
    private readonly Action<long, long> _progress;
    private readonly long _totalBytes;
    private long _sentBytes;

    private LayoutContent(IReadOnlyList<(string Name, FileInfo File)> files, bool isTar, Action<long, long> progress)
    {
        _files = files;
        _isTar = isTar;
        _progress = progress;
        _totalBytes = files.Sum(static file => file.File.Length);
        Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
    }

    /// <summary>Looks at what is to be sent.</summary>
    /// <param name="path">Directory of a layout, or a tar of one.</param>
    /// <param name="progress">Told how many bytes of how many are sent.</param>
    /// <exception cref="UsageException">There is no such layout.</exception>
    public static LayoutContent Open(string path, Action<long, long> progress)
    {
        if (File.Exists(path))
        {
            return new LayoutContent([("", new FileInfo(path))], isTar: true, progress);
        }

        if (!Directory.Exists(path))
        {
            throw new UsageException($"{path}: expected a directory or a tar of an OCI image layout, found nothing");
        }

        string? missing = new[] { Marker, Index }.FirstOrDefault(name => !File.Exists(Path.Combine(path, name)));
        if (missing is not null || !Directory.Exists(Path.Combine(path, Blobs)))
        {
            throw new UsageException($"{path}: expected an OCI image layout ({Marker}, {Index}, {Blobs}), found no {missing ?? Blobs}");
        }

        IEnumerable<string> blobs = Directory.EnumerateFiles(Path.Combine(path, Blobs)).Select(static file => $"{Blobs}/{Path.GetFileName(file)}");
        return new LayoutContent(
            [.. new[] { Marker, Index }.Concat(blobs.Order(StringComparer.Ordinal)).Select(name => (name, new FileInfo(Path.Combine(path, name))))],
            isTar: false,
            progress);
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (_isTar)
        {
            await using Stream tar = OpenCounted(_files[0].File);
            await tar.CopyToAsync(stream, CopyBytes, cancellationToken);
            return;
        }

        await using TarWriter writer = new(stream, TarEntryFormat.Pax, leaveOpen: true);
        foreach ((string name, FileInfo file) in _files)
        {
            await using Stream content = OpenCounted(file);
            PaxTarEntry entry = new(TarEntryType.RegularFile, name)
            {
                DataStream = content,
                ModificationTime = DateTimeOffset.UnixEpoch,
            };
            await writer.WriteEntryAsync(entry, cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _isTar ? _totalBytes : 0;
        return _isTar;
    }

    private CountedStream OpenCounted(FileInfo file)
    {
        try
        {
            return new CountedStream(file.OpenRead(), count => _progress(_sentBytes += count, _totalBytes));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file}: expected a file that can be read, found: {e.Message}");
        }
    }
}
