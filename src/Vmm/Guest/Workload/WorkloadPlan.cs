using System.Text;
using System.Text.Unicode;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;

namespace MicroVm.Vmm.Guest.Workload;

/// <summary>A checked configuration, as the exec stage needs it.</summary>
/// <param name="Arguments">Program and arguments.</param>
/// <param name="Environment"><c>NAME=value</c>, with PATH and HOME.</param>
/// <param name="WorkingDirectory">Absolute.</param>
/// <param name="Identity">Who it runs as.</param>
internal sealed record WorkloadPlan(
    IReadOnlyList<string> Arguments, IReadOnlyList<string> Environment, string WorkingDirectory, ProcessIdentity Identity)
{
    /// <summary>Where programs are looked for when the configuration has no PATH.</summary>
    internal const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Descriptor 0 is a terminal, which becomes that of its session.</summary>
    internal bool HasTerminal { get; init; }

    /// <summary>Bits of <see cref="CapabilitySet"/> that it may have.</summary>
    internal ulong Capabilities { get; init; } = CapabilitySet.Default;

    /// <summary>Limits, in the order in which they are set.</summary>
    internal IReadOnlyList<ProcessLimit> Limits { get; init; } = [];

    /// <summary>Checks the configuration against the image.</summary>
    /// <exception cref="WorkloadException">It cannot be run.</exception>
    internal static WorkloadPlan From(GuestConfig config, AccountFiles accounts)
    {
        ProcessSpec process = config.Process;
        foreach (string argument in process.Arguments)
        {
            Require(!argument.Contains('\0'), "argument", "text without NUL", argument);
        }

        Require(process.Arguments[0].Length > 0, "program", "a name", "");
        string directory = process.WorkingDirectory.Length == 0 ? "/" : process.WorkingDirectory;
        Require(directory[0] == '/' && !directory.Contains('\0'), "working directory", "an absolute path", directory);
        ProcessIdentity identity = ProcessIdentity.Resolve(process.User, accounts);
        List<string> environment = EnvironmentOf(process, identity);
        AddSecrets(config.Secrets, environment);
        return new WorkloadPlan(process.Arguments, environment, directory, identity)
        {
            Capabilities = CapabilitySet.From(process.AddCapabilities, process.DropCapabilities),
            Limits = ProcessLimit.From(process.Limits),
        };
    }

    private static List<string> EnvironmentOf(ProcessSpec process, ProcessIdentity identity)
    {
        List<string> environment = [];
        foreach ((string name, string value) in process.Environment)
        {
            Require(name.Length > 0 && !name.Contains('=') && !name.Contains('\0'), "environment", "a name without '=' or NUL", name);
            Require(!value.Contains('\0'), $"environment {name}", "text without NUL", value);
            environment.Add($"{name}={value}");
        }

        if (!process.Environment.ContainsKey("PATH"))
        {
            environment.Add($"PATH={DefaultPath}");
        }

        if (!process.Environment.ContainsKey("HOME"))
        {
            environment.Add($"HOME={(identity.Home.Length == 0 ? "/" : identity.Home)}");
        }

        return environment;
    }

    private static void AddSecrets(IReadOnlyList<GuestSecret> secrets, List<string> environment)
    {
        foreach (GuestSecret secret in secrets)
        {
            string name = secret.Variable;
            if (name.Length == 0)
            {
                continue;
            }

            // What a secret is must not come into a message.
            Require(!name.Contains('=') && !name.Contains('\0'), "secret", "the name of a variable", name);
            Require(!secret.Value.AsSpan().Contains((byte)0) && Utf8.IsValid(secret.Value), $"secret {name}", "UTF-8 without NUL", "something else");
            environment.RemoveAll(entry => entry.StartsWith($"{name}=", StringComparison.Ordinal));
            environment.Add($"{name}={Encoding.UTF8.GetString(secret.Value)}");
        }
    }

    private static void Require(bool holds, string what, string expected, string found)
    {
        if (!holds)
        {
            throw new WorkloadException(WorkloadException.NotStarted, $"{what}: expected {expected}, found '{found.Replace("\0", "\\0", StringComparison.Ordinal)}'");
        }
    }
}
