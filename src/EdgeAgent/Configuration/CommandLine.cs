namespace MicroVm.EdgeAgent.Configuration;

/// <summary>What the agent was started for.</summary>
/// <param name="ConfigPath">The configuration file.</param>
/// <param name="CheckConfig">Only reads the configuration.</param>
/// <param name="ShowVersion">Only prints the version.</param>
internal sealed record CommandLine(string ConfigPath, bool CheckConfig, bool ShowVersion)
{
    /// <summary>The configuration file when none is named.</summary>
    internal const string DefaultConfigPath = "/etc/microvm/agent.json";

    /// <summary>One line about the arguments.</summary>
    internal const string Usage = "usage: microvm-agent [--config FILE] [--check-config] | --version";

    /// <summary>Parses the arguments.</summary>
    /// <exception cref="ConfigurationException">An argument is unknown or has no value.</exception>
    internal static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        CommandLine line = new(DefaultConfigPath, CheckConfig: false, ShowVersion: false);
        for (int i = 0; i < arguments.Count; i++)
        {
            line = arguments[i] switch
            {
                "--version" => line with { ShowVersion = true },
                "--check-config" => line with { CheckConfig = true },
                "--config" when i + 1 < arguments.Count => line with { ConfigPath = arguments[++i] },
                "--config" => throw new ConfigurationException($"--config: expected a file, found nothing; {Usage}"),
                string other => throw new ConfigurationException($"'{other}': unknown argument; {Usage}"),
            };
        }

        return line;
    }
}
