using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads a document of kind Deployment.</summary>
internal static class DeploymentReader
{
    private const string ApiVersion = "microvm/v1", Kind = "Deployment", WorkloadKind = "Service";
    private const string Metadata = "metadata", Spec = "spec";
    private const string Selector = Spec + ".selector", Workload = Spec + ".workload";
    private const string NameRule = "a name, 1 to 63 characters of [a-z0-9-] that begins and ends with a letter or digit";

    /// <summary>The document; null, and errors in the reader, when anything is wrong with it.</summary>
    internal static DeploymentManifest? Read(FieldReader reader, ManifestNode document)
    {
        int before = reader.ErrorCount;
        ManifestMap? root = reader.Map("", document, "apiVersion", "kind", Metadata, Spec);
        if (root is null)
        {
            return null;
        }

        Constant(reader, root, "", "apiVersion", ApiVersion);
        Constant(reader, root, "", "kind", Kind);
        ManifestMap? metadata = reader.Map(Metadata, FieldReader.Get(root, Metadata), "name");
        ResourceName name = Name(reader, metadata, Metadata, null);
        ManifestNode? specNode = FieldReader.Get(root, Spec);
        ManifestMap? spec = reader.Map(Spec, specNode, "selector", "workload", "strategy");
        LabelSelector selector = spec is null ? SelectorReader.Nothing : SelectorReader.Read(reader, Selector, FieldReader.Get(spec, "selector"));
        DeploymentManifest? manifest = spec is null ? null : ReadWorkload(reader, spec, name, selector, ManifestJson.Write(specNode!));
        return reader.ErrorCount == before ? manifest : null;
    }

    private static DeploymentManifest? ReadWorkload(
        FieldReader reader, ManifestMap spec, ResourceName name, LabelSelector selector, string specJson)
    {
        ManifestMap? workload = reader.Map(
            Workload,
            FieldReader.Get(spec, "workload"),
            "kind", "name", "image", "args", "env", "vcpus", "memory", "restartPolicy", "terminationGracePeriod");
        if (workload is null)
        {
            return null;
        }

        Constant(reader, workload, Workload, "kind", WorkloadKind);
        DeploymentManifest manifest = new()
        {
            Prefix = reader.Prefix,
            Name = name,
            Selector = selector,
            VmName = Name(reader, workload, Workload, name.Value),
            Image = reader.Text(workload, Workload, "image", "an image such as hello:1") ?? "",
            Arguments = ReadArguments(reader, workload),
            Environment = ReadEnvironment(reader, workload),
            VcpuCount = reader.Number(workload, Workload, "vcpus", 1, VmSpec.MaxVcpuCount, 1),
            MemoryMib = Quantity(reader, workload, "memory", Quantities.MemoryRule, "128MiB", Quantities.MemoryMib),
            RestartPolicy = reader.Choice(workload, Workload, "restartPolicy", RestartPolicy.Always),
            GracePeriodSeconds = Quantity(reader, workload, "terminationGracePeriod", Quantities.GraceRule, "10s", Quantities.GraceSeconds),
            Strategy = StrategyReader.Read(reader, FieldReader.Get(spec, "strategy")),
            SpecJson = specJson,
        };
        int bytes = (manifest.Arguments ?? []).Sum(Bytes) + manifest.Environment.Sum(pair => Bytes(pair.Key) + Bytes(pair.Value));
        if (bytes > ManifestLimits.ProcessBytes)
        {
            reader.Fail(Workload, $"at most {ManifestLimits.ProcessBytes} bytes of args and env together", $"{bytes}");
        }

        return manifest;
    }

    private static ImmutableArray<string>? ReadArguments(FieldReader reader, ManifestMap workload)
    {
        const string Path = Workload + ".args";
        ManifestNode? node = FieldReader.Get(workload, "args");
        if (node is null)
        {
            return null;
        }

        if (node is not ManifestList { Items.Count: <= ManifestLimits.ListItems } list)
        {
            reader.Fail(Path, $"a list of at most {ManifestLimits.ListItems} texts", node);
            return null;
        }

        for (int i = 0; i < list.Items.Count; i++)
        {
            if (list.Items[i] is not ManifestText text || text.Value.Contains('\0', StringComparison.Ordinal))
            {
                reader.Fail($"{Path}[{i}]", "a text without a NUL (numbers have quotes)", list.Items[i]);
            }
        }

        return [.. list.Items.OfType<ManifestText>().Select(text => text.Value)];
    }

    private static ImmutableSortedDictionary<string, string> ReadEnvironment(FieldReader reader, ManifestMap workload)
    {
        const string Path = Workload + ".env";
        var variables = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        ManifestNode? node = FieldReader.Get(workload, "env");
        if (node is null)
        {
            return variables.ToImmutable();
        }

        if (node is not ManifestMap { Fields.Count: <= ManifestLimits.ListItems } map)
        {
            reader.Fail(Path, $"a map of at most {ManifestLimits.ListItems} names to texts", node);
            return variables.ToImmutable();
        }

        foreach ((string name, _) in map.Fields)
        {
            string? value = reader.Text(map, Path, name, "a text");
            if (name.Length == 0 || name.Any(c => c is '=' or '\0' || char.IsWhiteSpace(c) || char.IsControl(c)))
            {
                reader.Fail(FieldReader.Join(Path, name), "a variable's name without '=', spaces or control characters", new ManifestText(name));
            }
            else if (value?.Contains('\0', StringComparison.Ordinal) == true)
            {
                reader.Fail(FieldReader.Join(Path, name), "a text without a NUL", new ManifestText(value));
            }

            variables[name] = value ?? "";
        }

        return variables.ToImmutable();
    }

    private static int Quantity(FieldReader reader, ManifestMap workload, string field, string expected, string absent, Func<string, int?> parse)
    {
        string? text = reader.Text(workload, Workload, field, expected, absent);
        int? value = text is null ? null : parse(text);
        if (text is not null && value is null)
        {
            reader.Fail(FieldReader.Join(Workload, field), expected, new ManifestText(text));
        }

        return value ?? 0;
    }

    private static ResourceName Name(FieldReader reader, ManifestMap? map, string path, string? absent)
    {
        string? text = reader.Text(map, path, "name", NameRule, absent is { Length: > 0 } ? absent : absent is null ? null : "");
        if (!ResourceName.TryParse(text, out ResourceName name) && text is { Length: > 0 })
        {
            reader.Fail(FieldReader.Join(path, "name"), NameRule, new ManifestText(text));
        }
        else if (text is { Length: 0 } && FieldReader.Get(map, "name") is not null)
        {
            reader.Fail(FieldReader.Join(path, "name"), NameRule, "an empty text");
        }

        return name;
    }

    private static void Constant(FieldReader reader, ManifestMap map, string path, string name, string expected)
    {
        string? text = reader.Text(map, path, name, expected);
        if (text is not null && text != expected)
        {
            reader.Fail(FieldReader.Join(path, name), expected, new ManifestText(text));
        }
    }

    private static int Bytes(string text) => System.Text.Encoding.UTF8.GetByteCount(text);
}
