using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Hosting;

/// <summary>VMs of which an agent that was killed may have left something: what is desired or known of them is seen elsewhere.</summary>
internal static class Leftovers
{
    /// <summary>Every VM that has an address, a run directory, or a serial log.</summary>
    internal static IReadOnlySet<ResourceName> Find(IAgentStore store, VmPaths paths, AgentOptions options)
    {
        HashSet<ResourceName> names = [.. store.LoadLinks().Select(static link => link.Vm)];
        foreach (string path in Directory.EnumerateDirectories(options.RunDirectory).Concat(SerialLogs(paths)))
        {
            string name = Path.GetFileName(path);
            int end = name.IndexOf(VmPaths.SerialSuffix, StringComparison.Ordinal);
            if (ResourceName.TryParse(end < 0 ? name : name[..end], out ResourceName vm))
            {
                names.Add(vm);
            }
        }

        return names;
    }

    private static IEnumerable<string> SerialLogs(VmPaths paths) =>
        Directory.Exists(paths.LogDirectory) ? Directory.EnumerateFiles(paths.LogDirectory, "*" + VmPaths.SerialSuffix + "*") : [];
}
