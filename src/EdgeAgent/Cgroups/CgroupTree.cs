namespace MicroVm.EdgeAgent.Cgroups;

/// <summary>Where the agent makes cgroups: one folder in version 2, one for each controller in version 1.</summary>
/// <param name="Version">2 or 1; 0 for none.</param>
/// <param name="Folders">Folder of the agent's cgroups by controller.</param>
/// <param name="Missing">What is not there, in one line for people; empty for nothing.</param>
internal sealed record CgroupTree(int Version, IReadOnlyDictionary<string, string> Folders, string Missing)
{
    /// <summary>Controllers that are used, the one that matters first.</summary>
    internal static readonly string[] Controllers = ["memory", "cpu", "pids"];

    /// <summary>Without cgroups.</summary>
    internal static CgroupTree None(string why) => new(0, new Dictionary<string, string>(), why);

    /// <summary>Folders of one VM, each once.</summary>
    internal IReadOnlyList<string> FoldersOf(string vm) => [.. Folders.Values.Distinct().Select(folder => Path.Combine(folder, vm))];

    /// <summary>A VM's folder with a controller's files; null without the controller.</summary>
    internal string? FolderOf(string controller, string vm) => Folders.TryGetValue(controller, out string? folder) ? Path.Combine(folder, vm) : null;
}
