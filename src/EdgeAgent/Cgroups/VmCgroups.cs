using System.Globalization;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Observed;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Cgroups;

/// <summary>
/// A cgroup for each VM, named like it: made anew before its VMM starts, found again by its name after a restart of the agent, removed
/// when the VMM has ended. Nothing here keeps a VM from running: what cannot be had is logged once.
/// </summary>
internal sealed class VmCgroups(CgroupTree tree, ILogger logger)
{
    private const long BytesPerMib = 1 << 20;

    private const long FullWithinBytes = 1 << 20;

    // What files and the kernel take for the VMs together, beyond what each is counted with.
    private const long SharedMib = 64, SharedPart = 32;

    /// <summary>Where they are.</summary>
    internal CgroupTree Tree => tree;

    /// <summary>Finds or makes the place of the agent's cgroups.</summary>
    /// <param name="name">Folder of the agent's cgroups; empty for none.</param>
    /// <param name="proc">Tells where they are mounted.</param>
    /// <param name="logger">Is told what there is.</param>
    internal static VmCgroups Open(string name, ProcFileSystem proc, ILogger logger)
    {
        CgroupTree tree = name.Length == 0
            ? CgroupTree.None("the configuration wants none")
            : CgroupOpener.Open(CgroupMounts.Parse(proc.TryRead("self/mountinfo") ?? ""), CgroupMounts.OwnPath(proc.TryRead("self/cgroup") ?? ""), name);
        if (tree.Version == 0)
        {
            Log.NoCgroups(logger, tree.Missing);
        }
        else
        {
            Log.CgroupsOpened(logger, tree.Version, tree.Folders["memory"], tree.Missing.Length > 0 ? tree.Missing : "nothing is missing");
        }

        return new VmCgroups(tree, logger);
    }

    /// <summary>Limits all VMs together a little above the budget: what goes wrong among them costs one of them, not the device.</summary>
    internal void LimitAll(long budgetMib)
    {
        string text = ((budgetMib + SharedMib + (budgetMib / SharedPart)) * BytesPerMib).ToString(CultureInfo.InvariantCulture);
        if (tree.Folders.TryGetValue("memory", out string? folder))
        {
            Write(folder, tree.Version == 2 ? "memory.max" : "memory.limit_in_bytes", text);
        }
    }

    /// <summary>Makes a VM's cgroup with its limits; one of an earlier run is replaced.</summary>
    internal VmPlacement Make(VmSpec spec)
    {
        VmLimits limits = VmLimits.Of(spec);
        string name = spec.Name.Value;
        Remove(spec.Name);
        FaultPoints.Before(FaultPoint.Cgroup);
        List<string> made = [];
        foreach (string folder in tree.FoldersOf(name))
        {
            try
            {
                Directory.CreateDirectory(folder);
                made.Add(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Log.CgroupFault(logger, folder, e.Message);
            }
        }

        foreach (CgroupSetting setting in tree.Version == 2 ? CgroupSetting.Unified(limits) : CgroupSetting.Legacy(limits))
        {
            if (tree.FolderOf(setting.Controller, name) is string folder && made.Contains(folder))
            {
                Write(folder, setting.File, setting.Value);
            }
        }

        FaultPoints.After(FaultPoint.Cgroup);
        return new VmPlacement(made, limits.OomScoreAdjust);
    }

    /// <summary>Whether the kernel killed a VM's process for want of memory in the run that its cgroup is of; null when it did not, or does not say.</summary>
    internal MemoryKill? FindKill(ResourceName vm)
    {
        if (tree.FolderOf("memory", vm.Value) is not string folder)
        {
            return null;
        }

        bool unified = tree.Version == 2;
        if (NumberAfter("oom_kill ", TryRead(folder, unified ? "memory.events" : "memory.oom_control")) is null or 0)
        {
            return null;
        }

        long limit = NumberAfter("", TryRead(folder, unified ? "memory.max" : "memory.limit_in_bytes")) ?? 0;
        // Version 1 counts failures in some kernels only; all tell the most that was used.
        bool full = unified
            ? NumberAfter("oom ", TryRead(folder, "memory.events")) > 0
            : NumberAfter("", TryRead(folder, "memory.max_usage_in_bytes")) >= limit - FullWithinBytes;
        return new MemoryKill(full, limit / BytesPerMib);
    }

    /// <summary>Memory that a VM's cgroup is charged with, file pages included, in bytes; null when nobody counts.</summary>
    internal long? ReadMemory(ResourceName vm) => tree.FolderOf("memory", vm.Value) is string folder
        ? NumberAfter("", TryRead(folder, tree.Version == 2 ? "memory.current" : "memory.usage_in_bytes"))
        : null;

    /// <summary>Removes a VM's cgroup; one that somebody is still in stays.</summary>
    internal void Remove(ResourceName vm)
    {
        FaultPoints.Before(FaultPoint.CgroupRemoval);
        foreach (string folder in tree.FoldersOf(vm.Value))
        {
            RemoveFolder(folder);
        }

        FaultPoints.After(FaultPoint.CgroupRemoval);
    }

    /// <summary>Removes the cgroups that no VM which runs is in.</summary>
    /// <param name="isRunning">Whether a VM's process lives.</param>
    internal void RemoveOthers(Func<string, bool> isRunning)
    {
        foreach (string place in tree.Folders.Values.Distinct())
        {
            foreach (string folder in Directory.EnumerateDirectories(place).Where(folder => !isRunning(Path.GetFileName(folder))).ToList())
            {
                RemoveFolder(folder);
            }
        }
    }

    private void RemoveFolder(string folder)
    {
        try
        {
            // The kernel's own: only the folder goes, and its files with it.
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.CgroupFault(logger, folder, e.Message);
        }
    }

    private void Write(string folder, string file, string text)
    {
        string path = Path.Combine(folder, file);
        try
        {
            // Kernels without swap have no files for it.
            if (File.Exists(path))
            {
                File.WriteAllText(path, text);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.CgroupFault(logger, path, e.Message);
        }
    }

    private static string TryRead(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>The number behind a word at a line's beginning; null when there is none.</summary>
    private static long? NumberAfter(string word, string text)
    {
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith(word, StringComparison.Ordinal) && long.TryParse(line.AsSpan(word.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            {
                return number;
            }
        }

        return null;
    }
}
