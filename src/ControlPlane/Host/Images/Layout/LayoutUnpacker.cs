using System.IO.Compression;
using System.Security.Cryptography;
using MicroVm.ControlPlane.Host.Images.Archive;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>
/// Unpacks the tar of an image layout as it is received. Only the marker, the index and SHA-256 blobs reach the disk, under
/// names made here; a blob whose content has another digest than its name ends the import at once.
/// </summary>
/// <param name="directory">An empty directory.</param>
/// <param name="limits">Limits.</param>
internal sealed class LayoutUnpacker(string directory, ImageImportLimits limits)
{
    private const string Thing = "image layout";
    private const int PeekedBytes = 2;

    private long _bytesLeft = limits.LayoutBytes;
    private int _entriesLeft = limits.LayoutEntries;

    /// <summary>Unpacks a tar, compressed with gzip or not.</summary>
    /// <exception cref="ImageImportException">It is not a tar of an image layout.</exception>
    public async Task UnpackAsync(Stream tar, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.Combine(directory, OciLayout.BlobDirectory));
        byte[] head = new byte[PeekedBytes];
        int count = await tar.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellation);
        await using PrefixedStream whole = new(head.AsMemory(0, count), tar);
        if (head is not [0x1F, 0x8B])
        {
            await UnpackPlainAsync(whole, cancellation);
            return;
        }

        try
        {
            await using GZipStream gzip = new(whole, CompressionMode.Decompress, leaveOpen: true);
            await UnpackPlainAsync(gzip, cancellation);
        }
        catch (InvalidDataException e)
        {
            throw new ImageImportException(ImageFault.Invalid, $"{Thing}: expected gzip data, found other or truncated bytes: {e.Message}", e);
        }
    }

    private async Task UnpackPlainAsync(Stream tar, CancellationToken cancellation)
    {
        ArchiveReader reader = new(tar, Thing, limits.EntryMetadataBytes);
        while (await reader.NextAsync(cancellation) is { } entry)
        {
            _bytesLeft -= entry.SizeBytes;
            if (--_entriesLeft < 0 || _bytesLeft < 0)
            {
                throw ImageImportException.TooLarge(Thing, $"{limits.LayoutEntries} files and {limits.LayoutBytes} bytes", "more");
            }

            if (Destination(entry) is { } name)
            {
                await StoreAsync(reader, name, cancellation);
            }
        }
    }

    /// <summary>Where in the layout an entry belongs; null for what an import does not need.</summary>
    private static string? Destination(ArchiveEntry entry)
    {
        string path = entry.Path.StartsWith("./", StringComparison.Ordinal) ? entry.Path[2..] : entry.Path;
        if (path.StartsWith('/') || path.Split('/').Contains("..") || path.Contains('\0'))
        {
            throw ImageImportException.Invalid(Thing, "paths inside the layout", RawText.Show(entry.Path));
        }

        if (entry.Type == ArchiveEntryType.Directory)
        {
            return null;
        }

        if (entry.Type != ArchiveEntryType.File)
        {
            throw ImageImportException.Invalid($"{Thing}: {RawText.Show(entry.Path)}", "a regular file", entry.Type.ToString());
        }

        bool blob = path.StartsWith(OciLayout.BlobDirectory + "/", StringComparison.Ordinal)
            && Digest.TryParse("sha256:" + path[(OciLayout.BlobDirectory.Length + 1)..], out _);
        return blob || path is OciLayout.MarkerFile or OciLayout.IndexFile ? path : null;
    }

    private async Task StoreAsync(ArchiveReader reader, string name, CancellationToken cancellation)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string path = Path.Combine(directory, name);
        if (File.Exists(path))
        {
            throw ImageImportException.Invalid(Thing, $"one file '{name}'", "two");
        }

        await using (FileStream file = new(path, FileMode.CreateNew, FileAccess.Write))
        {
            await reader.CopyContentAsync(
                async piece =>
                {
                    hash.AppendData(piece.Span);
                    await file.WriteAsync(piece, cancellation);
                },
                cancellation);
        }

        string found = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (name.StartsWith(OciLayout.BlobDirectory, StringComparison.Ordinal) && !name.EndsWith(found, StringComparison.Ordinal))
        {
            throw ImageImportException.Invalid($"{Thing}: blob {name}", "content with the digest in its name", $"sha256:{found}");
        }
    }
}
