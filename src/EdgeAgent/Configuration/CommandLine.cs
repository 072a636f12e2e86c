using System.Globalization;
using MicroVm.EdgeAgent.Local;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Configuration;

/// <summary>What the agent was started for.</summary>
/// <param name="Verb">What to do.</param>
/// <param name="ConfigPath">The configuration file.</param>
/// <param name="IsConfigNamed">It was named, so it has to be there.</param>
/// <param name="Json">The answer is for a machine.</param>
/// <param name="Request">What <see cref="AgentVerb.Ask"/> asks.</param>
/// <param name="Program">What <see cref="AgentVerb.Exec"/> runs.</param>
/// <param name="File">What <see cref="AgentVerb.Apply"/> reads; <c>-</c> for standard input.</param>
internal sealed record CommandLine(
    AgentVerb Verb, string ConfigPath, bool IsConfigNamed = false, bool Json = false, LocalRequest? Request = null, LocalProgram? Program = null, string File = "")
{
    /// <summary>The configuration file when none is named.</summary>
    internal const string DefaultConfigPath = "/etc/microvm/agent.json";

    /// <summary>One line about the arguments.</summary>
    internal const string Usage =
        "usage: microvm-agent [--config FILE] [--check-config] | --version"
        + " | doctor|status|vms|events|resume [--json] [--config FILE] | logs VM [-f] [--tail N] [--json] [--config FILE] | pause [REASON] [--config FILE]"
        + " | apply [--check] [--json] [--config FILE] BUNDLE|-"
        + " | exec [-i] [-t] [--config FILE] VM -- PROGRAM [ARGUMENT...]";

    private const int DefaultTail = 20;

    /// <summary>Parses the arguments.</summary>
    /// <exception cref="ConfigurationException">An argument is unknown or has no value.</exception>
    internal static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        if (arguments is ["exec", ..])
        {
            return ParseExec(arguments);
        }

        CommandLine line = new(AgentVerb.Run, DefaultConfigPath);
        for (int i = 0; i < arguments.Count; i++)
        {
            line = arguments[i] switch
            {
                "doctor" when i == 0 => line with { Verb = AgentVerb.Doctor },
                "status" when i == 0 => line.Asking(new LocalRequest(LocalVerb.Status)),
                "vms" when i == 0 => line.Asking(new LocalRequest(LocalVerb.Vms)),
                "events" when i == 0 => line.Asking(new LocalRequest(LocalVerb.Events)),
                "pause" when i == 0 => line.Asking(new LocalRequest(LocalVerb.Pause)),
                "resume" when i == 0 => line.Asking(new LocalRequest(LocalVerb.Resume)),
                "apply" when i == 0 => line with { Verb = AgentVerb.Apply, Request = new LocalRequest(LocalVerb.Apply) },
                "--check" when line.Verb == AgentVerb.Apply => line with { Request = line.Request! with { Check = true } },
                "logs" when i == 0 => line.Asking(new LocalRequest(LocalVerb.Logs, VmNamed(i + 1 < arguments.Count ? arguments[++i] : ""), DefaultTail)),
                "-f" when line.Request is { Verb: LocalVerb.Logs } request => line.Asking(request with { Follow = true }),
                "--tail" when line.Request is { Verb: LocalVerb.Logs } request =>
                    line.Asking(request with { Tail = TailNamed(i + 1 < arguments.Count ? arguments[++i] : "") }),
                "--json" when line.Verb is AgentVerb.Doctor or AgentVerb.Ask or AgentVerb.Apply => line with { Json = true },
                "--help" or "-h" => new CommandLine(AgentVerb.ShowUsage, DefaultConfigPath),
                "--version" when line.Verb == AgentVerb.Run => line with { Verb = AgentVerb.ShowVersion },
                "--check-config" when line.Verb == AgentVerb.Run => line with { Verb = AgentVerb.CheckConfig },
                "--config" when i + 1 < arguments.Count => line with { ConfigPath = arguments[++i], IsConfigNamed = true },
                "--config" => throw new ConfigurationException($"--config: expected a file, found nothing; {Usage}"),
                string reason when line.Request is { Verb: LocalVerb.Pause, Reason: "" } request && !reason.StartsWith('-') =>
                    line.Asking(request with { Reason = reason }),
                string file when line is { Verb: AgentVerb.Apply, File: "" } && (file == "-" || !file.StartsWith('-')) => line with { File = file },
                string other => throw new ConfigurationException($"'{other}': unknown argument; {Usage}"),
            };
            if (line.Verb == AgentVerb.ShowUsage)
            {
                break;
            }
        }

        return line is { Verb: AgentVerb.Apply, File: "" } ? throw new ConfigurationException($"apply: expected a bundle, found nothing; {Usage}") : line;
    }

    private static CommandLine ParseExec(IReadOnlyList<string> arguments)
    {
        CommandLine line = new(AgentVerb.Exec, DefaultConfigPath);
        (bool input, bool terminal, string vm) = (false, false, "");
        int i = 1;
        for (; i < arguments.Count && arguments[i] != "--" && vm.Length == 0; i++)
        {
            switch (arguments[i])
            {
                case "-i": input = true; break;
                case "-t": terminal = true; break;
                case "-it" or "-ti": (input, terminal) = (true, true); break;
                case "--config" when i + 1 < arguments.Count: line = line with { ConfigPath = arguments[++i], IsConfigNamed = true }; break;
                case string name when !name.StartsWith('-'): vm = name; break;
                default: throw new ConfigurationException($"'{arguments[i]}': unknown argument; {Usage}");
            }
        }

        string[] program = [.. arguments.Skip(i < arguments.Count && arguments[i] == "--" ? i + 1 : i)];
        return program.Length > 0
            ? line with { Program = new LocalProgram(VmNamed(vm, "exec"), program, input, terminal) }
            : throw new ConfigurationException($"exec: expected a VM and a program, found {(vm.Length == 0 ? "nothing" : $"'{vm}' alone")}; {Usage}");
    }

    private static ResourceName VmNamed(string text, string verb = "logs") => ResourceName.TryParse(text, out ResourceName name)
        ? name
        : throw new ConfigurationException($"{verb}: expected the name of a VM, found {(text.Length == 0 ? "nothing" : $"'{text}'")}; {Usage}");

    private static int TailNamed(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int tail) && tail <= LocalRequest.MaxTail
            ? tail
            : throw new ConfigurationException($"--tail: expected a number from 0 to {LocalRequest.MaxTail}, found '{text}'; {Usage}");

    private CommandLine Asking(LocalRequest request) => this with { Verb = AgentVerb.Ask, Request = request };
}
