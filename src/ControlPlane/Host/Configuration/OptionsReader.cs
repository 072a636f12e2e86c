using System.Net;

namespace MicroVm.ControlPlane.Host.Configuration;

/// <summary>Reads <see cref="ControlPlaneOptions"/> from command line and environment; what it does not know it refuses.</summary>
internal static class OptionsReader
{
    internal const string Usage =
        "usage: microvm-controlplane --data DIR [--listen 127.0.0.1:8080] [--mqtt 127.0.0.1:1883]";

    private const string Section = "ControlPlane:";
    private const string DataKey = Section + "Data", ListenKey = Section + "Listen", MqttKey = Section + "Mqtt";

    private static readonly Dictionary<string, string> s_switches = new()
    {
        ["--data"] = DataKey,
        ["--listen"] = ListenKey,
        ["--mqtt"] = MqttKey,
    };

    /// <summary>Reads the options; the command line wins over the environment (<c>ControlPlane__Data</c> and so on).</summary>
    /// <exception cref="ControlPlaneConfigurationException">Something is missing, unknown, malformed or not loopback.</exception>
    internal static ControlPlaneOptions Read(string[] arguments, IConfiguration environment)
    {
        Dictionary<string, string> given = ReadArguments(arguments);
        string? Value(string key) => given.GetValueOrDefault(key) ?? environment[key];
        string data = Value(DataKey) is { Length: > 0 } path
            ? path
            : throw Wrong($"--data: expected a directory, found nothing; {Usage}");
        return new ControlPlaneOptions(
            data,
            Loopback("--listen", Value(ListenKey) ?? "127.0.0.1:8080"),
            Loopback("--mqtt", Value(MqttKey) ?? "127.0.0.1:1883"));
    }

    private static Dictionary<string, string> ReadArguments(string[] arguments)
    {
        Dictionary<string, string> given = [];
        for (int i = 0; i < arguments.Length; i++)
        {
            string[] parts = arguments[i].Split('=', 2);
            if (!s_switches.TryGetValue(parts[0], out string? key))
            {
                throw Wrong($"command line: expected --data, --listen or --mqtt, found '{arguments[i]}'; {Usage}");
            }

            string value = parts.Length == 2 ? parts[1]
                : i + 1 < arguments.Length ? arguments[++i]
                : throw Wrong($"{parts[0]}: expected a value, found nothing; {Usage}");
            if (!given.TryAdd(key, value))
            {
                throw Wrong($"{parts[0]}: expected once, found twice");
            }
        }

        return given;
    }

    /// <summary>
    /// There is no identity yet: whoever reaches a listener may do everything. So no listener is reachable from elsewhere.
    /// </summary>
    private static IPEndPoint Loopback(string name, string text)
    {
        string numeric = text.StartsWith("localhost:", StringComparison.Ordinal) ? "127.0.0.1" + text["localhost".Length..] : text;
        if (!numeric.Contains(':', StringComparison.Ordinal) || !IPEndPoint.TryParse(numeric, out IPEndPoint? endPoint))
        {
            throw Wrong($"{name}: expected ADDRESS:PORT such as 127.0.0.1:8080, found '{text}'");
        }

        return IPAddress.IsLoopback(endPoint.Address)
            ? endPoint
            : throw new ControlPlaneConfigurationException(
                ExitCode.NotLoopback,
                $"{name}: expected a loopback address, because devices and operators are not authenticated yet, found '{text}'");
    }

    private static ControlPlaneConfigurationException Wrong(string message) => new(ExitCode.Usage, message);
}
