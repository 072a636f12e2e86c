using MicroVm.EdgeAgent.Images;
using MicroVm.Shared.Contracts.Bundles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Bundles;

/// <summary>Takes the contents out of a bundle that the device needs and does not have; all others are read over, and verified too.</summary>
internal sealed class BundleIntake(
    BundleReader reader,
    BundleHeader header,
    IReadOnlyList<BundleContent> needed,
    bool isCheck,
    IBundleListener listener)
{
    private const long ProgressBytes = 8 << 20;
    private readonly Dictionary<Digest, BundleContent> _missing = needed.Where(static content => content.IsMissing).ToDictionary(static content => content.Image.Digest);
    private long _readBytes, _saidBytes;

    /// <summary>Reads to the end of the bundle.</summary>
    /// <exception cref="BundleRefusedException">A content is missing in it, or is not what is signed.</exception>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        foreach (BundleContent held in needed.Where(static content => !content.IsMissing))
        {
            await listener.OnContentAsync(held, BundleContentState.Held);
        }

        while (await reader.ReadImageAsync(cancellation) is ImageReference found)
        {
            if (!_missing.Remove(found.Digest, out BundleContent? content))
            {
                await reader.ReadContentAsync(CountAsync, cancellation);
                continue;
            }

            if (content.Image.SizeBytes != found.SizeBytes)
            {
                throw new BundleRefusedException(
                    $"bundle: expected {content.Kind} {found.Digest} of {content.Image.SizeBytes} bytes, as what is signed says, found {found.SizeBytes}");
            }

            await TakeAsync(content, cancellation);
        }

        if (_missing.Values.FirstOrDefault() is BundleContent lacking)
        {
            throw new BundleRefusedException($"bundle: expected {lacking.Kind} {lacking.Image.Name} ({lacking.Image.Digest}), which the desired state needs, found none");
        }
    }

    private async Task TakeAsync(BundleContent content, CancellationToken cancellation)
    {
        if (isCheck)
        {
            await reader.ReadContentAsync(CountAsync, cancellation);
        }
        else
        {
            using ImageImport import = new(content.Store, content.Image);
            await reader.ReadContentAsync(
                async (piece, stop) =>
                {
                    await import.AppendAsync(piece, stop);
                    await CountAsync(piece, stop);
                },
                cancellation);
            import.Complete();
        }

        await listener.OnContentAsync(content, isCheck ? BundleContentState.Checked : BundleContentState.Imported);
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
