using System.Collections.Immutable;
using System.Globalization;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads what a workload's process is and what it may do: command, args, user, workingDir, stopSignal, readOnlyRoot, capabilities, rlimits.</summary>
internal static class ProcessReader
{
    private const string Path = WorkloadReader.Path;
    private const string UserRule = "a user, or a user and a group such as app:app, by name or number";
    private const string DirectoryRule = "an absolute path of at most 4096 characters";
    private const string SignalRule = "a signal such as SIGTERM, SIGRTMIN+3 or \"15\"";
    private const int MaxUserLength = 128, MaxDirectoryLength = 4096, MaxLimits = 32;

    /// <summary>A list of texts such as args; null when it is absent.</summary>
    internal static ImmutableArray<string>? ReadTexts(FieldReader reader, ManifestMap map, string name, string path = Path)
    {
        if (FieldReader.Get(map, name) is null)
        {
            return null;
        }

        List<string> texts = [];
        foreach ((string at, ManifestNode node) in reader.List(map, path, name, ManifestLimits.ListItems, "texts"))
        {
            if (node is ManifestText text && !text.Value.Contains('\0', StringComparison.Ordinal))
            {
                texts.Add(text.Value);
            }
            else
            {
                reader.Fail(at, "a text without a NUL (numbers have quotes)", node);
            }
        }

        return [.. texts];
    }

    internal static string? ReadUser(FieldReader reader, ManifestMap workload) => Checked(
        reader, workload, "user", UserRule,
        static text => text.Length is > 0 and <= MaxUserLength && text.Split(':') is { Length: <= 2 } parts
            && parts.All(static part => part.Length > 0 && !part.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c))));

    internal static string? ReadDirectory(FieldReader reader, ManifestMap workload) => Checked(
        reader, workload, "workingDir", DirectoryRule,
        static text => text.Length <= MaxDirectoryLength && text.StartsWith('/') && !text.Any(char.IsControl));

    internal static int? ReadSignal(FieldReader reader, ManifestMap workload) => reader.Parsed(workload, Path, "stopSignal", SignalRule, SignalNames.Parse);

    /// <summary>What the process may do. What it is is not in it.</summary>
    internal static ProcessSpec ReadConfinement(FieldReader reader, ManifestMap workload)
    {
        const string Capabilities = Path + ".capabilities";
        ManifestMap? capabilities = FieldReader.Get(workload, "capabilities") is ManifestNode node ? reader.Map(Capabilities, node, "add", "drop") : null;
        return new ProcessSpec([], ImmutableSortedDictionary<string, string>.Empty, "/", "")
        {
            ReadOnlyRoot = reader.Truth(workload, Path, "readOnlyRoot"),
            AddCapabilities = ReadCapabilities(reader, capabilities, Capabilities, "add"),
            DropCapabilities = ReadCapabilities(reader, capabilities, Capabilities, "drop"),
            Limits = [.. reader.List(workload, Path, "rlimits", MaxLimits, "limits").Select(item => ReadLimit(reader, item.Path, item.Node)).OfType<ResourceLimit>()],
        };
    }

    private static List<string> ReadCapabilities(FieldReader reader, ManifestMap? map, string path, string name)
    {
        List<string> read = [];
        foreach ((string at, ManifestNode node) in reader.List(map, path, name, CapabilityNames.All.Length, "capabilities"))
        {
            if (node is ManifestText text && CapabilityNames.Parse(text.Value) is string capability)
            {
                read.Add(capability);
            }
            else
            {
                reader.Fail(at, "a capability of capabilities(7) such as NET_ADMIN or CAP_NET_ADMIN, or ALL", node);
            }
        }

        return read;
    }

    private static ResourceLimit? ReadLimit(FieldReader reader, string path, ManifestNode node)
    {
        if (reader.Map(path, node, "type", "soft", "hard") is not ManifestMap map)
        {
            return null;
        }

        string rule = "one of " + string.Join(", ", ResourceLimitNames.All);
        string? type = reader.Text(map, path, "type", rule);
        if (type is not null && !ResourceLimitNames.All.Contains(type))
        {
            reader.Fail($"{path}.type", rule, new ManifestText(type));
        }

        ulong? soft = ReadAmount(reader, map, path, "soft");
        ulong? hard = FieldReader.Get(map, "hard") is null ? soft : ReadAmount(reader, map, path, "hard");
        if (soft > hard)
        {
            reader.Fail($"{path}.hard", $"at least the soft limit, which is {soft}", $"{hard}");
            return null;
        }

        return type is null || soft is null || hard is null ? null : new ResourceLimit(type, soft.Value, hard.Value);
    }

    /// <summary>A whole number, or <c>unlimited</c> (RLIM_INFINITY of getrlimit(2)).</summary>
    private static ulong? ReadAmount(FieldReader reader, ManifestMap map, string path, string name)
    {
        switch (FieldReader.Get(map, name))
        {
            case ManifestText { Value: "unlimited" }:
                return ulong.MaxValue;
            case ManifestScalar { Kind: ManifestScalarKind.Number } scalar
                when ulong.TryParse(scalar.Literal, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && number <= long.MaxValue:
                return number;
            case var other:
                reader.Fail($"{path}.{name}", "a whole number, or unlimited", other);
                return null;
        }
    }

    private static string? Checked(FieldReader reader, ManifestMap workload, string name, string rule, Func<string, bool> isValid)
    {
        string? text = reader.Optional(workload, Path, name, rule);
        if (text is not null && !isValid(text))
        {
            reader.Fail($"{Path}.{name}", rule, text.Length == 0 ? "an empty text" : new ManifestText(text).Describe());
        }

        return text;
    }
}
