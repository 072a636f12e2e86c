using System.Collections.Immutable;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads <c>spec.workload.probes</c>.</summary>
internal static class ProbesReader
{
    private const string Path = WorkloadReader.Path + ".probes";
    private const string LookRule = "exec, http or tcp, and only one of them";
    private const string UrlRule = "a path that begins with /, of at most 1024 printable ASCII characters without spaces";
    private const int MaxUrlLength = 1024;

    /// <summary>The probes; errors go to the reader.</summary>
    internal static ProbeSet Read(FieldReader reader, ManifestNode? node)
    {
        ManifestMap? map = node is null ? null : reader.Map(Path, node, "startup", "liveness", "readiness");
        return map is null
            ? ProbeSet.None
            : new ProbeSet(
                ReadOne(reader, $"{Path}.startup", FieldReader.Get(map, "startup"), endsWorkload: true),
                ReadOne(reader, $"{Path}.liveness", FieldReader.Get(map, "liveness"), endsWorkload: true),
                ReadOne(reader, $"{Path}.readiness", FieldReader.Get(map, "readiness"), endsWorkload: false));
    }

    private static Probe? ReadOne(FieldReader reader, string path, ManifestNode? node, bool endsWorkload)
    {
        ManifestMap? map = node is null ? null : reader.Map(
            path, node, "exec", "http", "tcp", "period", "timeout", "initialDelay", "failureThreshold", "successThreshold");
        if (map is null || ReadLook(reader, path, map) is not Probe look)
        {
            return null;
        }

        Probe probe = look with
        {
            PeriodSeconds = ReadDuration(reader, map, path, "period", 1) ?? look.PeriodSeconds,
            TimeoutSeconds = ReadDuration(reader, map, path, "timeout", 1) ?? look.TimeoutSeconds,
            InitialDelaySeconds = ReadDuration(reader, map, path, "initialDelay", 0) ?? look.InitialDelaySeconds,
            FailureThreshold = reader.Number(map, path, "failureThreshold", 1, Probe.MaxThreshold, look.FailureThreshold),
            SuccessThreshold = reader.Number(map, path, "successThreshold", 1, Probe.MaxThreshold, look.SuccessThreshold),
        };
        if (endsWorkload && probe.SuccessThreshold != 1)
        {
            reader.Fail($"{path}.successThreshold", "1, because this probe ends the workload when it fails", $"the number {probe.SuccessThreshold}");
        }

        return probe;
    }

    private static Probe? ReadLook(FieldReader reader, string path, ManifestMap map)
    {
        string[] looks = [.. ((string[])["exec", "http", "tcp"]).Where(name => FieldReader.Get(map, name) is not null)];
        if (looks is not [string look])
        {
            reader.Fail(path, LookRule, looks.Length == 0 ? "none of them" : string.Join(" and ", looks));
            return null;
        }

        return look switch
        {
            "exec" => ReadExec(reader, path, map),
            "http" => ReadHttp(reader, $"{path}.http", FieldReader.Get(map, look)!),
            _ => ReadTcp(reader, $"{path}.tcp", FieldReader.Get(map, look)!),
        };
    }

    private static Probe? ReadExec(FieldReader reader, string path, ManifestMap map)
    {
        int before = reader.ErrorCount;
        ImmutableArray<string> command = ProcessReader.ReadTexts(reader, map, "exec", path) ?? [];
        if (command.Length == 0 && reader.ErrorCount == before)
        {
            reader.Fail($"{path}.exec", "a program and its arguments", "an empty list");
        }

        return reader.ErrorCount == before ? new Probe { Kind = ProbeKind.Exec, Command = command } : null;
    }

    private static Probe? ReadHttp(FieldReader reader, string path, ManifestNode node)
    {
        if (reader.Map(path, node, "port", "path") is not ManifestMap map)
        {
            return null;
        }

        int? port = PortsReader.ReadPort(reader, map, path, "port");
        string url = reader.Optional(map, path, "path", UrlRule) ?? "/";
        if (url.Length > MaxUrlLength || !url.StartsWith('/') || url.Any(static c => c is <= ' ' or > '~'))
        {
            reader.Fail($"{path}.path", UrlRule, url.Length == 0 ? "an empty text" : new ManifestText(url).Describe());
        }

        return port is null ? null : new Probe { Kind = ProbeKind.Http, Port = port.Value, Path = url };
    }

    private static Probe? ReadTcp(FieldReader reader, string path, ManifestNode node) =>
        reader.Map(path, node, "port") is ManifestMap map && PortsReader.ReadPort(reader, map, path, "port") is int port
            ? new Probe { Kind = ProbeKind.Tcp, Port = port }
            : null;

    private static int? ReadDuration(FieldReader reader, ManifestMap map, string path, string name, int least) => reader.Parsed<int>(
        map, path, name, $"a duration such as 10s (s or m, {least}s to {Probe.MaxSeconds / 60}m)", text => Quantities.Seconds(text, least, Probe.MaxSeconds));
}
