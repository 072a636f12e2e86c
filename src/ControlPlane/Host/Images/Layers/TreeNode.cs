using MicroVm.ControlPlane.Host.Images.Archive;

namespace MicroVm.ControlPlane.Host.Images.Layers;

/// <summary>A name in the merged tree.</summary>
/// <param name="inode">What it names.</param>
/// <param name="layer">The layer that gave it.</param>
internal sealed class TreeNode(Inode inode, int layer)
{
    /// <summary>What it names.</summary>
    public Inode Inode { get; private set; } = inode;

    /// <summary>The topmost layer that has an entry for it.</summary>
    public int Layer { get; private set; } = layer;

    /// <summary>Names inside; null unless it is a directory.</summary>
    public Dictionary<string, TreeNode>? Children { get; } =
        inode.Entry.Type == ArchiveEntryType.Directory ? new(StringComparer.Ordinal) : null;

    /// <summary>Gives a directory the metadata of a higher layer; what is inside stays.</summary>
    public void Redescribe(Inode directory, int layer)
    {
        Inode = directory;
        Layer = layer;
    }

    /// <summary>
    /// Takes everything of layers below <paramref name="layer"/> out of this node; false when nothing is left of it. A
    /// directory of a lower layer that holds something of this one stays without its old metadata.
    /// </summary>
    public bool HideBelow(int layer)
    {
        HideChildrenBelow(layer);
        if (Layer < layer && Children is { Count: > 0 })
        {
            Redescribe(Inode.ImplicitDirectory, layer);
        }

        return Layer >= layer;
    }

    /// <summary>Takes everything of layers below <paramref name="layer"/> out of this directory.</summary>
    public void HideChildrenBelow(int layer)
    {
        foreach ((string name, TreeNode child) in Children?.ToArray() ?? [])
        {
            if (!child.HideBelow(layer))
            {
                Children!.Remove(name);
            }
        }
    }
}
