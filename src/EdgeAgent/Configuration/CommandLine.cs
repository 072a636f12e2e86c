namespace MicroVm.EdgeAgent.Configuration;

/// <summary>What the agent was started for.</summary>
/// <param name="Verb">What to do.</param>
/// <param name="ConfigPath">The configuration file.</param>
/// <param name="IsConfigNamed">It was named, so it has to be there.</param>
/// <param name="Json">The answer is for a machine.</param>
internal sealed record CommandLine(AgentVerb Verb, string ConfigPath, bool IsConfigNamed = false, bool Json = false)
{
    /// <summary>The configuration file when none is named.</summary>
    internal const string DefaultConfigPath = "/etc/microvm/agent.json";

    /// <summary>One line about the arguments.</summary>
    internal const string Usage = "usage: microvm-agent [--config FILE] [--check-config] | doctor [--json] [--config FILE] | --version";

    /// <summary>Parses the arguments.</summary>
    /// <exception cref="ConfigurationException">An argument is unknown or has no value.</exception>
    internal static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        CommandLine line = new(AgentVerb.Run, DefaultConfigPath);
        for (int i = 0; i < arguments.Count; i++)
        {
            line = arguments[i] switch
            {
                "doctor" when i == 0 => line with { Verb = AgentVerb.Doctor },
                "--json" when line.Verb == AgentVerb.Doctor => line with { Json = true },
                "--version" when line.Verb == AgentVerb.Run => line with { Verb = AgentVerb.ShowVersion },
                "--check-config" when line.Verb == AgentVerb.Run => line with { Verb = AgentVerb.CheckConfig },
                "--config" when i + 1 < arguments.Count => line with { ConfigPath = arguments[++i], IsConfigNamed = true },
                "--config" => throw new ConfigurationException($"--config: expected a file, found nothing; {Usage}"),
                string other => throw new ConfigurationException($"'{other}': unknown argument; {Usage}"),
            };
        }

        return line;
    }
}
