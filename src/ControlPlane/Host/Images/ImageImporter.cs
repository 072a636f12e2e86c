using System.Security.Cryptography;
using MicroVm.ControlPlane.Host.Images.Layers;
using MicroVm.ControlPlane.Host.Images.Layout;
using MicroVm.ControlPlane.Host.Images.Tools;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Images;

/// <summary>
/// Makes squashfs files of pushed OCI image layouts: unpack and verify, merge the layers, squash, put in place by digest.
/// Equal layouts make equal files. Memory is bounded by <see cref="ImageImportLimits"/>, not by the image's size; a failed
/// import leaves nothing behind.
/// </summary>
/// <param name="dataDirectory">The control plane's data directory.</param>
/// <param name="limits">Limits of one import.</param>
/// <param name="squashFs">Makes the squashfs.</param>
/// <param name="time">Tells which files' times are in the future; those are not kept.</param>
internal sealed class ImageImporter(string dataDirectory, ImageImportLimits limits, SquashFsBuilder squashFs, TimeProvider time) : IDisposable
{
    private const int ConcurrentImports = 2;

    private readonly SemaphoreSlim _slots = new(ConcurrentImports);
    private readonly SemaphoreSlim _commit = new(1);
    private readonly string _staging = Path.Combine(dataDirectory, "staging");
    private readonly string _images = Path.Combine(dataDirectory, "images");

    /// <summary>Removes what imports of a process that was killed left. Call before the first import.</summary>
    public void RemoveLeftovers()
    {
        if (Directory.Exists(_staging))
        {
            Directory.Delete(_staging, recursive: true);
        }
    }

    /// <summary>The file of a squashfs.</summary>
    public string PathOf(Digest digest) => Path.Combine(_images, digest.Hex);

    /// <summary>Imports an image with every platform that devices have.</summary>
    /// <param name="name">Its name; the tag chooses among several images in the layout.</param>
    /// <param name="layoutTar">Tar of an OCI image layout, compressed with gzip or not.</param>
    /// <param name="record">Makes the image known, durably; when it throws, the files are removed again unless they were there before.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ImageImportException">The image cannot be imported.</exception>
    public async Task<ImportedImage> ImportAsync(
        ImageName name, Stream layoutTar, Func<ImportedImage, CancellationToken, Task> record, CancellationToken cancellation)
    {
        await _slots.WaitAsync(cancellation);
        string work = Path.Combine(_staging, Guid.NewGuid().ToString("N"));
        try
        {
            Directory.CreateDirectory(work);
            return await ImportAsync(name, layoutTar, work, record, cancellation);
        }
        catch (IOException e) when (e is not (FileNotFoundException or EndOfStreamException or BadHttpRequestException))
        {
            throw new ImageImportException(ImageFault.Server, $"image import: the control plane's disk or the connection failed: {e.Message}", e);
        }
        finally
        {
            if (Directory.Exists(work))
            {
                Directory.Delete(work, recursive: true);
            }

            _slots.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _slots.Dispose();
        _commit.Dispose();
    }

    private async Task<ImportedImage> ImportAsync(
        ImageName name, Stream layoutTar, string work, Func<ImportedImage, CancellationToken, Task> record, CancellationToken cancellation)
    {
        string layoutDirectory = Path.Combine(work, "layout");
        await new LayoutUnpacker(layoutDirectory, limits).UnpackAsync(layoutTar, cancellation);
        OciImageSet set = new OciImageReader(new OciLayout(layoutDirectory, limits), limits).Read(name.Tag);

        Dictionary<Digest, string> files = [];
        List<ImportedPlatform> platforms = [];
        foreach (OciImage image in set.Images)
        {
            string file = Path.Combine(work, $"{image.Machine}.squashfs");
            await SquashAsync(image, file, Path.Combine(work, image.Machine), cancellation);
            (Digest digest, long size) = await SealAsync(file, cancellation);
            files[digest] = file;
            platforms.Add(new ImportedPlatform(image.Machine, digest, image.ManifestDigest, size, image.Config));
        }

        ImportedImage imported = new(name, set.Digest, platforms, set.LeftOut);
        await CommitAsync(files, imported, record, cancellation);
        return imported;
    }

    /// <summary>Merges an image's layers into a squashfs; of what it needs in between nothing is left.</summary>
    private async Task SquashAsync(OciImage image, string file, string work, CancellationToken cancellation)
    {
        Directory.CreateDirectory(work);
        using (LayerMerger merger = new(work, limits))
        {
            foreach (LayerSource layer in image.Layers)
            {
                await merger.AddAsync(layer, cancellation);
            }

            uint latest = merger.Tree.LatestTime((uint)time.GetUtcNow().ToUnixTimeSeconds());
            await squashFs.BuildAsync(file, merger.Tree.Root.Inode.Entry, latest, merger.WriteAsync, cancellation);
        }

        Directory.Delete(work, recursive: true);
    }

    /// <summary>Hashes the file and brings it to the disk. A row committed later cannot reach the disk before the file's name does.</summary>
    private static async Task<(Digest Digest, long SizeBytes)> SealAsync(string file, CancellationToken cancellation)
    {
        await using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite);
        Digest digest = Digest.FromHash(await SHA256.HashDataAsync(stream, cancellation));
        stream.Flush(flushToDisk: true);
        return (digest, stream.Length);
    }

    /// <summary>Puts the files in their places and makes the image known: all of it or nothing.</summary>
    private async Task CommitAsync(
        Dictionary<Digest, string> files, ImportedImage image, Func<ImportedImage, CancellationToken, Task> record, CancellationToken cancellation)
    {
        await _commit.WaitAsync(cancellation);
        List<string> moved = [];
        try
        {
            Directory.CreateDirectory(_images);
            foreach ((Digest digest, string file) in files.Where(file => !File.Exists(PathOf(file.Key))))
            {
                File.Move(file, PathOf(digest));
                moved.Add(PathOf(digest));
            }

            await record(image, cancellation);
        }
        catch
        {
            moved.ForEach(File.Delete);
            throw;
        }
        finally
        {
            _commit.Release();
        }
    }
}
