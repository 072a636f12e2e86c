using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Observed;

namespace MicroVm.EdgeAgent.Doctor;

/// <summary><c>microvm-agent doctor</c>: looks at the host beside an agent or without one, and changes nothing.</summary>
internal static class DoctorCommand
{
    /// <summary>Prints the checks; true when none failed.</summary>
    /// <exception cref="ConfigurationException">The configuration was named or is there, and cannot be used.</exception>
    internal static bool Run(CommandLine line, TextWriter output, string agentVersion)
    {
        // A host without a configuration is looked at as well: that is what one does before installing an agent.
        AgentOptions options = line.IsConfigNamed || File.Exists(line.ConfigPath)
            ? AgentOptionsReader.ReadFile(line.ConfigPath)
            : AgentOptionsReader.Defaults();
        HostFacts facts = new HostProbe(new ProcFileSystem(), options, TimeProvider.System).Look();
        IReadOnlyList<CheckResult> results = HostChecks.Judge(facts);
        output.Write(line.Json ? DoctorReport.ToJson(results, agentVersion, facts.Architecture) + "\n" : DoctorReport.ToText(results));
        return HostChecks.Worst(results) != CheckStatus.Fail;
    }
}
