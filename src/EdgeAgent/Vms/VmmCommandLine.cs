using MicroVm.EdgeAgent.Configuration;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>The VMM's arguments, and how a process is recognised by them.</summary>
internal static class VmmCommandLine
{
    private const string ConfigFile = "--config-file";
    private const string Id = "--id";

    /// <summary>Arguments of one VM's VMM, its own path first.</summary>
    internal static IReadOnlyList<string> For(ResourceName vm, VmPaths paths, AgentOptions options) =>
    [
        options.VmmPath, ConfigFile, paths.Config(vm), Id, vm.Value, "--api-sock", paths.Api(vm), "--log-path", paths.VmmLog(vm),
    ];

    /// <summary>
    /// The VM that a process with these arguments runs, when it is a VMM of this agent: its configuration file is the one
    /// that this agent writes for the VM it names. The program's own path may differ, after an update of it.
    /// </summary>
    internal static bool TryRecognise(IReadOnlyList<string> arguments, VmPaths paths, out ResourceName vm) =>
        ResourceName.TryParse(ValueOf(arguments, Id), out vm) && ValueOf(arguments, ConfigFile) == paths.Config(vm);

    private static string? ValueOf(IReadOnlyList<string> arguments, string option)
    {
        for (int i = 0; i + 1 < arguments.Count; i++)
        {
            if (arguments[i] == option)
            {
                return arguments[i + 1];
            }
        }

        return null;
    }
}
