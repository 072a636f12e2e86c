namespace MicroVm.EdgeAgent.Cgroups;

/// <summary>
/// Finds or makes the place of the agent's cgroups: version 2 where its memory controller can be had, else version 1, else none.
/// In version 2 the place is under the hierarchy's root, so that VMs are not in the agent's own service and a restart of that finds no
/// inner cgroup in its way (docs/decisions/007-cgroup-place.md); where the root cannot be written it is under the agent's own cgroup.
/// </summary>
internal static class CgroupOpener
{
    private const string SubtreeControl = "cgroup.subtree_control", AvailableControllers = "cgroup.controllers", Members = "cgroup.procs";

    /// <summary>Opens the place.</summary>
    /// <param name="mounts">Where cgroups are mounted.</param>
    /// <param name="ownPath">The agent's cgroup of version 2, from the mount point on.</param>
    /// <param name="name">Folder of the agent's cgroups.</param>
    internal static CgroupTree Open(CgroupMounts mounts, string ownPath, string name)
    {
        List<string> faults = [];
        foreach (string folder in mounts.Unified is string unified ? new[] { unified, unified.TrimEnd('/') + ownPath }.Select(path => path.TrimEnd('/')).Distinct() : [])
        {
            if (TryUnified(folder, name, faults) is CgroupTree tree)
            {
                return tree;
            }
        }

        if (mounts.Legacy.ContainsKey("memory") && TryLegacy(mounts, name, faults) is CgroupTree legacy)
        {
            return legacy;
        }

        return CgroupTree.None(faults.Count > 0 ? string.Join("; ", faults) : "no cgroup hierarchy with the memory controller is mounted");
    }

    private static CgroupTree? TryUnified(string folder, string name, List<string> faults)
    {
        try
        {
            string[] available = Words(Path.Combine(folder, AvailableControllers));
            if (!available.Contains("memory"))
            {
                faults.Add($"{folder} has no memory controller");
                return null;
            }

            string place = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            Enable(folder, available, movable: true);
            Enable(place, available, movable: false);
            string[] enabled = Words(Path.Combine(place, SubtreeControl));
            if (!enabled.Contains("memory"))
            {
                faults.Add($"{place} did not take the memory controller");
                return null;
            }

            return new CgroupTree(2, CgroupTree.Controllers.Where(enabled.Contains).ToDictionary(one => one, _ => place), MissingOf(enabled));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add($"{folder}: {e.Message}");
            return null;
        }
    }

    /// <summary>Has a cgroup hand controllers on to those in it. One with processes in it cannot: then the agent moves out of the way.</summary>
    private static void Enable(string folder, string[] available, bool movable)
    {
        string control = Path.Combine(folder, SubtreeControl);
        foreach (string controller in CgroupTree.Controllers.Where(available.Contains).Except(Words(control)))
        {
            if (!TryWrite(control, $"+{controller}") && movable)
            {
                string beside = Directory.CreateDirectory(Path.Combine(folder, "microvm-agent")).FullName;
                File.WriteAllText(Path.Combine(beside, Members), "0");
                _ = TryWrite(control, $"+{controller}");
            }
        }
    }

    private static CgroupTree? TryLegacy(CgroupMounts mounts, string name, List<string> faults)
    {
        Dictionary<string, string> folders = [];
        foreach (string controller in CgroupTree.Controllers)
        {
            if (mounts.Legacy.TryGetValue(controller, out string? mount))
            {
                try
                {
                    string place = Directory.CreateDirectory(Path.Combine(mount, name)).FullName;
                    folders.Add(controller, place);
                    // Before Linux 5.11 a limit counts those below only when it is told to.
                    _ = controller != "memory" || TryWrite(Path.Combine(place, "memory.use_hierarchy"), "1");
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    faults.Add($"{mount}: {e.Message}");
                }
            }
        }

        return folders.ContainsKey("memory") ? new CgroupTree(1, folders, MissingOf([.. folders.Keys])) : null;
    }

    private static string MissingOf(string[] there)
    {
        string[] missing = [.. CgroupTree.Controllers.Except(there)];
        return missing.Length == 0 ? "" : $"no controller for {string.Join(", ", missing)}";
    }

    private static string[] Words(string path) => File.ReadAllText(path).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    private static bool TryWrite(string path, string text)
    {
        try
        {
            File.WriteAllText(path, text);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
