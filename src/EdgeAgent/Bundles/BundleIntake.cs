using MicroVm.EdgeAgent.Images;
using MicroVm.Shared.Contracts.Bundles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Bundles;

/// <summary>Takes the images out of a bundle that the device needs and does not have; all others are read over, and verified too.</summary>
internal sealed class BundleIntake(
    BundleReader reader,
    BundleHeader header,
    ImageStore images,
    IReadOnlyDictionary<Digest, ImageReference> needed,
    IReadOnlySet<Digest> missing,
    bool isCheck,
    IBundleListener listener)
{
    private const long ProgressBytes = 8 << 20;
    private readonly HashSet<Digest> _found = [];
    private long _readBytes, _saidBytes;

    /// <summary>Bytes of the images that were missing.</summary>
    internal long TakenBytes { get; private set; }

    /// <summary>Reads to the end of the bundle.</summary>
    /// <exception cref="BundleRefusedException">An image is missing in it, or is not what the desired state says.</exception>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        foreach (ImageReference image in needed.Values.Where(image => !missing.Contains(image.Digest)))
        {
            await listener.OnImageAsync(image, BundleImageState.Held);
        }

        while (await reader.ReadImageAsync(cancellation) is ImageReference found)
        {
            if (!missing.Contains(found.Digest))
            {
                await reader.ReadContentAsync(CountAsync, cancellation);
                continue;
            }

            ImageReference image = needed[found.Digest];
            if (image.SizeBytes != found.SizeBytes)
            {
                throw new BundleRefusedException($"bundle: expected image {image.Digest} of {image.SizeBytes} bytes, as the desired state says, found {found.SizeBytes}");
            }

            await TakeAsync(image, cancellation);
        }

        if (missing.FirstOrDefault(digest => !_found.Contains(digest)) is { IsEmpty: false } lacking)
        {
            throw new BundleRefusedException($"bundle: expected image {needed[lacking].Name} ({lacking}), which the desired state needs, found none");
        }
    }

    private async Task TakeAsync(ImageReference image, CancellationToken cancellation)
    {
        if (isCheck)
        {
            await reader.ReadContentAsync(CountAsync, cancellation);
        }
        else
        {
            using ImageImport import = new(images, image);
            await reader.ReadContentAsync(
                async (piece, stop) =>
                {
                    await import.AppendAsync(piece, stop);
                    await CountAsync(piece, stop);
                },
                cancellation);
            import.Complete();
        }

        _found.Add(image.Digest);
        TakenBytes += (long)image.SizeBytes;
        await listener.OnImageAsync(image, isCheck ? BundleImageState.Checked : BundleImageState.Imported);
    }

    private ValueTask CountAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        _readBytes += piece.Length;
        if (_readBytes - _saidBytes < ProgressBytes)
        {
            return ValueTask.CompletedTask;
        }

        _saidBytes = _readBytes;
        return listener.OnProgressAsync(_readBytes, header.ContentBytes);
    }
}
