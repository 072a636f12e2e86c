using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Images;

/// <summary>
/// An image on its way into the store from somewhere else than the network. Whoever brings it verifies it; what is not completed leaves
/// nothing behind. It is a file of its own: a download of the same image may be running.
/// </summary>
internal sealed class ImageImport : IDisposable
{
    private readonly ImageStore _store;
    private readonly ImageReference _image;
    private readonly FileStream _file;
    private bool _complete;

    internal ImageImport(ImageStore store, ImageReference image)
    {
        (_store, _image) = (store, image);
        _file = new FileStream(store.ImportPathOf(image.Digest), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
    }

    /// <summary>Writes the next piece.</summary>
    internal ValueTask AppendAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation) => _file.WriteAsync(piece, cancellation);

    /// <summary>The whole is there and is what its digest says: makes it durable and gives it its name.</summary>
    internal void Complete()
    {
        _file.Flush(flushToDisk: true);
        _file.Dispose();
        _store.CompleteImport(_image.Digest);
        _complete = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        if (!_complete)
        {
            File.Delete(_store.ImportPathOf(_image.Digest));
        }
    }
}
