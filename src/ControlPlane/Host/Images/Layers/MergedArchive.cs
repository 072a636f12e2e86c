using System.Buffers;
using Microsoft.Win32.SafeHandles;
using MicroVm.ControlPlane.Host.Images.Archive;

namespace MicroVm.ControlPlane.Host.Images.Layers;

/// <summary>
/// Writes a merged tree as one tar archive: each directory before its contents, names in the order of their bytes. The root
/// itself is left out: sqfstar takes its metadata as options.
/// </summary>
/// <param name="layers">The decompressed layers, the lowest first.</param>
/// <param name="target">Where to.</param>
internal sealed class MergedArchive(IReadOnlyList<SafeFileHandle> layers, Stream target)
{
    private const int CopyBytes = 256 << 10;

    private readonly ArchiveWriter _writer = new(target);
    private readonly Dictionary<Inode, string> _firstNames = new(ReferenceEqualityComparer.Instance);

    /// <summary>Writes the whole archive.</summary>
    /// <exception cref="ImageImportException">A path is longer than Linux can look up.</exception>
    public async Task WriteAsync(MergedTree tree, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            Stack<(string Path, TreeNode Node)> pending = new([("", tree.Root)]);
            while (pending.TryPop(out (string Path, TreeNode Node) next))
            {
                if (next.Path.Length > 0)
                {
                    await WriteAsync(next.Path, next.Node.Inode, buffer, cancellation);
                }

                foreach ((string name, TreeNode child) in Ordered(next.Node).Reverse())
                {
                    pending.Push((next.Path.Length == 0 ? name : $"{next.Path}/{name}", child));
                }
            }

            await _writer.FinishAsync(cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static IEnumerable<KeyValuePair<string, TreeNode>> Ordered(TreeNode node) =>
        node.Children is null ? [] : node.Children.OrderBy(static pair => pair.Key, StringComparer.Ordinal);

    private async Task WriteAsync(string path, Inode inode, byte[] buffer, CancellationToken cancellation)
    {
        if (path.Length > LayerPath.MaxPathBytes)
        {
            throw ImageImportException.TooLarge($"image: path {RawText.Show(path)}", $"{LayerPath.MaxPathBytes} bytes", $"{path.Length}");
        }

        bool file = inode.Entry.Type == ArchiveEntryType.File;
        if (file && !_firstNames.TryAdd(inode, path))
        {
            ArchiveEntry link = inode.Entry with
            {
                Type = ArchiveEntryType.HardLink,
                Path = path,
                LinkTarget = _firstNames[inode],
                SizeBytes = 0,
                ExtendedAttributes = [],
            };
            await _writer.WriteHeaderAsync(link, cancellation);
            return;
        }

        await _writer.WriteHeaderAsync(inode.Entry with { Path = path }, cancellation);
        if (file)
        {
            await CopyAsync(inode, buffer, cancellation);
        }
    }

    private async Task CopyAsync(Inode inode, byte[] buffer, CancellationToken cancellation)
    {
        long offset = inode.Content.Offset;
        long end = offset + inode.Entry.SizeBytes;
        while (offset < end)
        {
            int wanted = (int)Math.Min(end - offset, buffer.Length);
            int count = await RandomAccess.ReadAsync(layers[inode.Content.Layer], buffer.AsMemory(0, wanted), offset, cancellation);
            if (count == 0)
            {
                throw new EndOfStreamException($"decompressed layer {inode.Content.Layer} ends at {offset}");
            }

            await target.WriteAsync(buffer.AsMemory(0, count), cancellation);
            offset += count;
        }
    }
}
