using MicroVm.EdgeAgent.Configuration;
using MicroVm.Shared.Contracts.Releases;

namespace MicroVm.EdgeAgent.Update;

/// <summary>VMM and guest files ride along with the agent: those in its slot take the place of the package's.</summary>
internal static class ReleaseFiles
{
    private static readonly AgentOptions s_package = AgentOptionsReader.Defaults();

    /// <summary>The options with the slot's files. A path that was configured to be elsewhere stays.</summary>
    /// <param name="options">As they were read.</param>
    /// <param name="folder">The slot's folder.</param>
    /// <param name="exists">Says whether a file is there.</param>
    internal static AgentOptions Apply(AgentOptions options, string folder, Func<string, bool> exists)
    {
        return options with
        {
            VmmPath = Choose(options.VmmPath, s_package.VmmPath, AgentFiles.Vmm),
            KernelPath = Choose(options.KernelPath, s_package.KernelPath, AgentFiles.Kernel),
            InitrdPath = Choose(options.InitrdPath, s_package.InitrdPath, AgentFiles.Initramfs),
        };

        string Choose(string configured, string package, string name)
        {
            string own = Path.Combine(folder, name);
            return configured == package && exists(own) ? own : configured;
        }
    }
}
