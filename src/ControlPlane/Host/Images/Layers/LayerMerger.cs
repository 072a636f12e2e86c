using System.IO.Compression;
using MicroVm.ControlPlane.Host.Images.Archive;
using MicroVm.ControlPlane.Host.Images.Tools;
using MicroVm.Shared.Identity;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.ControlPlane.Host.Images.Layers;

/// <summary>
/// Merges layers in two passes. The first decompresses each layer to disk, verifies it against the config's diff id and
/// builds the tree of names; the second writes the tree as one tar, reading contents from where the first pass left them.
/// </summary>
/// <param name="workDirectory">Where decompressed layers may be put; the caller removes it.</param>
/// <param name="limits">Limits.</param>
internal sealed class LayerMerger(string workDirectory, ImageImportLimits limits) : IDisposable
{
    private const int DrainBytes = 64 << 10;

    private readonly List<SafeFileHandle> _layers = [];
    private long _bytesLeft = limits.UnpackedBytes;
    private long _xattrBytesLeft = limits.ExtendedAttributeBytes;
    private int _entriesLeft = limits.Entries;

    /// <summary>The root file system as merged so far.</summary>
    public MergedTree Tree { get; } = new();

    /// <summary>First pass over the next layer up.</summary>
    /// <exception cref="ImageImportException">The layer is malformed, not the one that the config names, or too large.</exception>
    public async Task AddAsync(LayerSource layer, CancellationToken cancellation)
    {
        bool kept = layer.Compression != LayerCompression.None;
        string path = kept ? Path.Combine(workDirectory, $"layer-{_layers.Count}.tar") : layer.BlobPath;
        await using (FileStream? copy = kept ? new FileStream(path, FileMode.CreateNew, FileAccess.Write) : null)
        {
            await DecompressAsync(layer, copy, cancellation);
        }

        _layers.Add(File.OpenHandle(path));
    }

    /// <summary>Second pass: the merged root file system, without the root directory's own entry, as a tar archive.</summary>
    public Task WriteAsync(Stream target, CancellationToken cancellation) =>
        new MergedArchive(_layers, target).WriteAsync(Tree, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _layers.ForEach(static layer => layer.Dispose());

    private async Task DecompressAsync(LayerSource layer, Stream? copy, CancellationToken cancellation)
    {
        switch (layer.Compression)
        {
            case LayerCompression.None:
                await using (FileStream blob = File.OpenRead(layer.BlobPath))
                {
                    await IndexAsync(layer, blob, copy, cancellation);
                }

                break;
            case LayerCompression.Gzip:
                await using (GZipStream gzip = new(File.OpenRead(layer.BlobPath), CompressionMode.Decompress))
                {
                    await IndexAsync(layer, gzip, copy, cancellation);
                }

                break;
            default:
                using (ToolProcess zstd = ToolProcess.Start("zstd", "zstd", ["-d", "-c", "-q", "--", layer.BlobPath]))
                {
                    zstd.Input.Close();
                    await IndexAsync(layer, zstd.Output, copy, cancellation);
                    await zstd.FinishAsync(layer.Name, ImageFault.Invalid, cancellation);
                }

                break;
        }
    }

    private async Task IndexAsync(LayerSource layer, Stream tar, Stream? copy, CancellationToken cancellation)
    {
        using ObservedStream observed = new(tar, copy, _bytesLeft, layer.Name);
        try
        {
            ArchiveReader reader = new(observed, layer.Name, limits.EntryMetadataBytes);
            while (await reader.NextAsync(cancellation) is { } entry)
            {
                Count(entry, layer);
                Tree.Apply(entry, new FileContent(_layers.Count, reader.Position), layer.Name);
            }

            await DrainAsync(observed, cancellation);
        }
        catch (InvalidDataException e)
        {
            throw new ImageImportException(ImageFault.Invalid, $"{layer.Name}: expected gzip data, found other or truncated bytes: {e.Message}", e);
        }

        _bytesLeft -= observed.Position;
        Digest found = Digest.FromHash(observed.TakeHash());
        if (found != layer.DiffId)
        {
            throw ImageImportException.Invalid(layer.Name, $"decompressed content with diff id {layer.DiffId}", found.Value);
        }
    }

    private void Count(ArchiveEntry entry, LayerSource layer)
    {
        _xattrBytesLeft -= entry.ExtendedAttributes.Sum(static xattr => xattr.Name.Length + xattr.Value.Length);
        if (--_entriesLeft < 0 || _xattrBytesLeft < 0)
        {
            throw ImageImportException.TooLarge(
                layer.Name, $"{limits.Entries} entries and {limits.ExtendedAttributeBytes} bytes of extended attributes in the image", "more");
        }
    }

    private static async Task DrainAsync(Stream stream, CancellationToken cancellation)
    {
        // What follows the end of the archive is no content, and still part of what the diff id is over.
        byte[] buffer = new byte[DrainBytes];
        while (await stream.ReadAsync(buffer, cancellation) > 0)
        {
        }
    }
}
