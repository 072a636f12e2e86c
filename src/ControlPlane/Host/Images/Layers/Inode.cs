using MicroVm.ControlPlane.Host.Images.Archive;

namespace MicroVm.ControlPlane.Host.Images.Layers;

/// <summary>A file apart from its names: hard links share one, and keep it when another name is replaced or deleted.</summary>
/// <param name="Entry">What it is; its path is empty.</param>
/// <param name="Content">A file's bytes.</param>
internal sealed record Inode(ArchiveEntry Entry, FileContent Content)
{
    private const int DirectoryMode = 0x1ED;

    /// <summary>A directory that no layer describes: 0755, root's, of 1970.</summary>
    public static Inode ImplicitDirectory { get; } =
        new(new ArchiveEntry { Type = ArchiveEntryType.Directory, Path = "", Mode = DirectoryMode }, default);
}
