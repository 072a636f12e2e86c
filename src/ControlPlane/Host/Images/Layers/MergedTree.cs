using MicroVm.ControlPlane.Host.Images.Archive;

namespace MicroVm.ControlPlane.Host.Images.Layers;

/// <summary>
/// The root file system that layers, applied from the lowest up, amount to: names and metadata in memory, contents by
/// where they are. Rules: OCI image specification 1.1, "Image Layer Filesystem Changeset". A deletion concerns lower layers
/// only, wherever in its layer it stands; directories merge and take the topmost metadata; anything else replaces. Symbolic
/// links in front of the last name are followed inside the tree, as an unpacking program in a chroot would.
/// </summary>
internal sealed class MergedTree
{
    // Linux's limit of symbolic links in one lookup, and a bound on the depth that links could otherwise add up to.
    private const int MaxSymbolicLinks = 40, MaxDepth = 1024;

    /// <summary>The root directory.</summary>
    public TreeNode Root { get; } = new(Inode.ImplicitDirectory, -1);

    /// <summary>Applies one entry of a layer.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="content">Where a file's bytes are; its layer is the entry's.</param>
    /// <param name="thing">What the layer is called in errors.</param>
    /// <exception cref="ImageImportException">The entry cannot be applied.</exception>
    public void Apply(ArchiveEntry entry, FileContent content, string thing)
    {
        List<string> names = LayerPath.Split(entry.Path, thing);
        if (names.Count == 0)
        {
            DescribeRoot(entry, content, thing);
            return;
        }

        string name = names[^1];
        names.RemoveAt(names.Count - 1);
        if (name == LayerPath.OpaqueMarker)
        {
            Find(names, content.Layer, create: false, thing)?.HideChildrenBelow(content.Layer);
        }
        else if (IsBookkeeping(name) || names.Exists(IsBookkeeping))
        {
            return;
        }
        else if (name.StartsWith(LayerPath.WhiteoutPrefix, StringComparison.Ordinal))
        {
            Delete(names, name[LayerPath.WhiteoutPrefix.Length..], content.Layer, thing);
        }
        else
        {
            Put(entry, names, name, content, thing);
        }
    }

    /// <summary>The latest time of a file or directory below the root that is not after <paramref name="limit"/>; 0 when there is none.</summary>
    public uint LatestTime(uint limit)
    {
        uint latest = 0;
        Stack<TreeNode> pending = new([Root]);
        while (pending.TryPop(out TreeNode? node))
        {
            foreach (TreeNode child in node.Children?.Values ?? Enumerable.Empty<TreeNode>())
            {
                uint time = child.Inode.Entry.ModifiedAt;
                latest = time <= limit ? Math.Max(latest, time) : latest;
                pending.Push(child);
            }
        }

        return latest;
    }

    private static bool IsBookkeeping(string name) => name.StartsWith(LayerPath.AufsPrefix, StringComparison.Ordinal);

    private static void Refuse(ArchiveEntry entry, string expected, string found, string thing) =>
        throw ImageImportException.Invalid($"{thing}: {RawText.Show(entry.Path)}", expected, found);

    private void DescribeRoot(ArchiveEntry entry, FileContent content, string thing)
    {
        if (entry.Type != ArchiveEntryType.Directory)
        {
            Refuse(entry, "a directory at the root", entry.Type.ToString(), thing);
        }

        Root.Redescribe(new Inode(entry with { Path = "" }, content), content.Layer);
    }

    private void Delete(List<string> parents, string name, int layer, string thing)
    {
        if (name is "" or "." or "..")
        {
            throw ImageImportException.Invalid(thing, "a name behind .wh.", RawText.Show(name));
        }

        TreeNode? parent = Find(parents, layer, create: false, thing);
        if (parent is not null && parent.Children!.TryGetValue(name, out TreeNode? node) && !node.HideBelow(layer))
        {
            parent.Children.Remove(name);
        }
    }

    private void Put(ArchiveEntry entry, List<string> parents, string name, FileContent content, string thing)
    {
        if (parents.Find(static parent => parent.StartsWith(LayerPath.WhiteoutPrefix, StringComparison.Ordinal)) is not null)
        {
            Refuse(entry, "nothing inside a deletion", "an entry", thing);
        }

        // The target is looked up before the new name may take its place.
        Inode inode = entry.Type == ArchiveEntryType.HardLink
            ? LinkTarget(entry, content.Layer, thing)
            : new Inode(entry with { Path = "" }, content);
        Dictionary<string, TreeNode> directory = Find(parents, content.Layer, create: true, thing)!.Children!;
        if (inode.Entry.Type == ArchiveEntryType.Directory
            && directory.TryGetValue(name, out TreeNode? existing) && existing.Children is not null)
        {
            existing.Redescribe(inode, content.Layer);
        }
        else
        {
            directory[name] = new TreeNode(inode, content.Layer);
        }
    }

    private Inode LinkTarget(ArchiveEntry entry, int layer, string thing)
    {
        List<string> names = LayerPath.Split(entry.LinkTarget, thing);
        TreeNode? target = null;
        if (names.Count > 0)
        {
            string name = names[^1];
            names.RemoveAt(names.Count - 1);
            Find(names, layer, create: false, thing)?.Children!.TryGetValue(name, out target);
        }

        if (target is null || target.Children is not null)
        {
            string found = target is null ? "no such file" : "a directory";
            Refuse(entry, $"a hard link to a file that came before, {RawText.Show(entry.LinkTarget)}", found, thing);
        }

        return target!.Inode;
    }

    /// <summary>The directory behind names, links followed. Without <paramref name="create"/> null when there is none.</summary>
    private TreeNode? Find(List<string> names, int layer, bool create, string thing)
    {
        List<TreeNode> trail = [Root];
        Stack<string> pending = new(Enumerable.Reverse(names));
        int links = 0;
        while (pending.TryPop(out string? name))
        {
            if (name is "" or ".")
            {
                continue;
            }

            if (name == "..")
            {
                trail.RemoveRange(Math.Max(1, trail.Count - 1), trail.Count > 1 ? 1 : 0);
                continue;
            }

            TreeNode? node = Enter(trail[^1], name, layer, create, thing);
            if (node is null)
            {
                return null;
            }

            if (node.Children is not null)
            {
                trail.Add(node);
            }
            else
            {
                links++;
                Follow(node.Inode.Entry.LinkTarget, trail, pending);
            }

            if (links > MaxSymbolicLinks || trail.Count > MaxDepth)
            {
                throw ImageImportException.TooLarge(
                    $"{thing}: path {RawText.Show(string.Join('/', names))}", $"{MaxSymbolicLinks} symbolic links and {MaxDepth} levels", "more");
            }
        }

        return trail[^1];
    }

    /// <summary>The directory or symbolic link of that name; null when there is none and none is to be made.</summary>
    private static TreeNode? Enter(TreeNode directory, string name, int layer, bool create, string thing)
    {
        bool exists = directory.Children!.TryGetValue(name, out TreeNode? node);
        if (exists && (node!.Children is not null || node.Inode.Entry.Type == ArchiveEntryType.SymbolicLink))
        {
            return node;
        }

        if (!create)
        {
            return null;
        }

        if (exists && node!.Layer == layer)
        {
            throw ImageImportException.Invalid($"{thing}: {RawText.Show(name)}", "a directory, because entries are inside it", "a file of the same layer");
        }

        TreeNode made = new(Inode.ImplicitDirectory, layer);
        directory.Children[name] = made;
        return made;
    }

    private static void Follow(string target, List<TreeNode> trail, Stack<string> pending)
    {
        if (target.StartsWith('/'))
        {
            trail.RemoveRange(1, trail.Count - 1);
        }

        foreach (string name in target.Split('/').Reverse())
        {
            pending.Push(name);
        }
    }
}
