using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Logs;
using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Configuration;

/// <summary>Reads <see cref="AgentOptions"/> from JSON. Unknown and repeated keys are refused; comments are allowed.</summary>
internal static class AgentOptionsReader
{
    private const long MaxFileBytes = 1 << 20;
    private const int MaxBudgetMib = 1 << 24;

    private static readonly JsonDocumentOptions s_json = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    /// <summary>Reads a file.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read or says something else than a configuration.</exception>
    internal static AgentOptions ReadFile(string path)
    {
        try
        {
            FileInfo file = new(path);
            return file.Length <= MaxFileBytes
                ? Read(File.ReadAllBytes(path)) with { ConfigPath = path }
                : throw new ConfigurationException($"{path}: expected at most {MaxFileBytes} bytes, found {file.Length}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path}: cannot be read: {e.Message}", e);
        }
        catch (ConfigurationException e)
        {
            throw new ConfigurationException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>What holds on a host that has no configuration yet; its names are made up.</summary>
    internal static AgentOptions Defaults() => Read("""{"deviceId":"none","controlPlane":{"apiUrl":"https://127.0.0.1","mqttHost":"127.0.0.1"}}"""u8.ToArray());

    /// <summary>Reads a document.</summary>
    /// <exception cref="ConfigurationException">The text is not a configuration.</exception>
    internal static AgentOptions Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, s_json);
            return ReadRoot(new ConfigurationObject(document.RootElement, ""));
        }
        catch (JsonException e)
        {
            throw new ConfigurationException($"expected JSON: {e.Message}", e);
        }
    }

    private static AgentOptions ReadRoot(ConfigurationObject root)
    {
        AgentOptions options = new()
        {
            DeviceId = ReadDeviceId(root),
            ControlPlane = ReadControlPlane(root.Object("controlPlane")),
            Enrolment = root.Has("enrolment") ? ReadEnrolment(root.Object("enrolment")) : null,
            DataDirectory = root.AbsolutePath("dataDirectory", "/var/lib/microvm"),
            RunDirectory = ReadRunDirectory(root),
            VmmPath = root.AbsolutePath("vmmPath", "/usr/lib/microvm/microvm-vmm"),
            KernelPath = root.AbsolutePath("kernelPath", "/usr/lib/microvm/vmlinuz"),
            InitrdPath = root.AbsolutePath("initrdPath", "/usr/lib/microvm/initramfs.cpio"),
            KernelArgs = root.Text("kernelArgs", ""),
            MemoryBudgetMib = root.Integer("memoryBudgetMib", 0, MaxBudgetMib, 0),
            CgroupParent = ReadCgroupParent(root),
            Network = root.Has("network") ? ReadNetwork(root.Object("network")) : NetworkOptions.Default,
            Logs = root.Has("logs") ? ReadLogs(root.Object("logs")) : LogLimits.Default,
            Spool = root.Has("spool") ? ReadSpool(root.Object("spool")) : SpoolLimits.Default,
            Update = root.Has("update") ? ReadUpdate(root.Object("update")) : UpdateOptions.Default,
            Labels = root.TextMap("labels"),
            LogLevel = ReadLogLevel(root),
        };
        root.RefuseUnknownKeys();
        return options;
    }

    private static DeviceId ReadDeviceId(ConfigurationObject root)
    {
        string text = root.Text("deviceId");
        return DeviceId.TryParse(text, out DeviceId id)
            ? id
            : throw root.Fault("deviceId", $"1 to {DeviceId.MaxLength} characters of [a-z0-9-]", $"'{text}'");
    }

    private static string ReadCgroupParent(ConfigurationObject root)
    {
        string text = root.Text("cgroupParent", "microvm");
        return text.Length == 0 || ResourceName.TryParse(text, out _)
            ? text
            : throw root.Fault("cgroupParent", "a name of [a-z0-9-], or nothing for no cgroups", $"'{text}'");
    }

    private static ControlPlaneOptions ReadControlPlane(ConfigurationObject section)
    {
        string address = section.Text("apiUrl");
        bool valid = Uri.TryCreate(address, UriKind.Absolute, out Uri? url) && url.Scheme is "https";
        ControlPlaneOptions options = new(
            valid ? url! : throw section.Fault("apiUrl", "an https address", $"'{address}'"),
            section.Text("mqttHost"),
            section.Integer("mqttPort", 1, 65535, 8883));
        section.RefuseUnknownKeys();
        return options;
    }

    private static EnrolmentOptions ReadEnrolment(ConfigurationObject section)
    {
        EnrolmentOptions options = new(
            section.OptionalText("token"),
            section.OptionalText("tokenFile"),
            section.OptionalText("certificateFile"),
            section.OptionalText("keyFile"),
            section.OptionalText("caFile"));
        section.RefuseUnknownKeys();
        return (options.Token, options.TokenFile, options.CertificateFile, options.KeyFile, options.AuthorityFile) switch
        {
            ({ Length: > 0 }, null, null, null, null) or (null, { Length: > 0 }, null, null, null)
                or (null, null, { Length: > 0 }, { Length: > 0 }, { Length: > 0 }) => options,
            _ => throw new ConfigurationException("enrolment: expected token, or tokenFile, or certificateFile with keyFile and caFile, found another combination"),
        };
    }

    private static NetworkOptions ReadNetwork(ConfigurationObject section)
    {
        string text = section.Text("pool", NetworkOptions.DefaultPool);
        bool valid = IPNetwork.TryParse(text, out IPNetwork pool) && pool.BaseAddress.AddressFamily == AddressFamily.InterNetwork
            && pool.PrefixLength is >= NetworkOptions.LeastPrefixBits and <= NetworkOptions.MostPrefixBits;
        bool isEnabled = section.Boolean("enabled", true);
        section.RefuseUnknownKeys();
        return valid
            ? new NetworkOptions(pool, isEnabled)
            : throw section.Fault(
                "pool",
                $"an IPv4 network with a prefix of {NetworkOptions.LeastPrefixBits} to {NetworkOptions.MostPrefixBits} bits, such as {NetworkOptions.DefaultPool}",
                $"'{text}'");
    }

    private static LogLimits ReadLogs(ConfigurationObject section)
    {
        LogLimits limits = new(
            (long)section.Integer("mebibytesPerVm", LogLimits.MinMib, LogLimits.MaxMib, (int)(LogLimits.Default.Bytes >> 20)) << 20,
            TimeSpan.FromDays(section.Integer("days", 1, LogLimits.MaxDays, (int)LogLimits.Default.Age.TotalDays)));
        section.RefuseUnknownKeys();
        return limits;
    }

    private static SpoolLimits ReadSpool(ConfigurationObject section)
    {
        SpoolLimits limits = SpoolLimits.OfMib(section.Integer("mebibytes", SpoolLimits.MinMib, SpoolLimits.MaxMib, (int)(SpoolLimits.Default.Bytes >> 20))) with
        {
            Age = TimeSpan.FromDays(section.Integer("days", 1, SpoolLimits.MaxDays, (int)SpoolLimits.Default.Age.TotalDays)),
        };
        section.RefuseUnknownKeys();
        return limits;
    }

    private static UpdateOptions ReadUpdate(ConfigurationObject section)
    {
        int gate = section.Integer("gateSeconds", 1, UpdateOptions.MaxGateSeconds, UpdateOptions.Default.GateSeconds);
        int settle = section.Integer("settleSeconds", 0, gate, Math.Min(gate, UpdateOptions.Default.SettleSeconds));
        section.RefuseUnknownKeys();
        return new UpdateOptions(gate, settle);
    }

    private static string ReadRunDirectory(ConfigurationObject root)
    {
        string path = root.AbsolutePath("runDirectory", "/run/microvm");
        return path.Length <= AgentOptions.MaxRunDirectoryLength
            ? path
            : throw root.Fault("runDirectory", $"at most {AgentOptions.MaxRunDirectoryLength} characters", $"{path.Length}");
    }

    private static LogLevel ReadLogLevel(ConfigurationObject root)
    {
        string text = root.Text("logLevel", "Information");
        return text switch
        {
            "Trace" => LogLevel.Trace,
            "Debug" => LogLevel.Debug,
            "Information" => LogLevel.Information,
            "Warning" => LogLevel.Warning,
            "Error" => LogLevel.Error,
            _ => throw root.Fault("logLevel", "Trace, Debug, Information, Warning or Error", $"'{text}'"),
        };
    }
}
