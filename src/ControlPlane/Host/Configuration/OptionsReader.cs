using System.Globalization;
using System.Net;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Identity;

namespace MicroVm.ControlPlane.Host.Configuration;

/// <summary>Reads <see cref="ControlPlaneOptions"/> from command line and environment; what it does not know it refuses.</summary>
internal static class OptionsReader
{
    internal const string Usage =
        "usage: microvm-controlplane --data DIR [--listen 127.0.0.1:8443] [--mqtt 127.0.0.1:8883] [--name HOST,...] "
        + "[--manufacturer-ca FILE] [--oidc-authority URL --oidc-audience TEXT [--oidc-role-claim NAME]] "
        + "[--keep-days 14] [--keep-samples N] [--keep-samples-of-device N] [--keep-events N] [--keep-events-of-device N] [--keep-points N]";

    private const long MostRows = 1_000_000_000, MostDays = 3_650;
    private const string Section = "ControlPlane:";
    private const string DataKey = Section + "Data", ListenKey = Section + "Listen", MqttKey = Section + "Mqtt";

    private static readonly Dictionary<string, string> s_switches = new()
    {
        ["--data"] = DataKey,
        ["--listen"] = ListenKey,
        ["--mqtt"] = MqttKey,
        ["--name"] = Section + "Name",
        ["--manufacturer-ca"] = Section + "ManufacturerCa",
        ["--oidc-authority"] = Section + "OidcAuthority",
        ["--oidc-audience"] = Section + "OidcAudience",
        ["--oidc-role-claim"] = Section + "OidcRoleClaim",
        ["--keep-days"] = Section + "KeepDays",
        ["--keep-samples"] = Section + "KeepSamples",
        ["--keep-samples-of-device"] = Section + "KeepSamplesOfDevice",
        ["--keep-events"] = Section + "KeepEvents",
        ["--keep-events-of-device"] = Section + "KeepEventsOfDevice",
        ["--keep-points"] = Section + "KeepPoints",
    };

    /// <summary>Reads the options; the command line wins over the environment (<c>ControlPlane__Data</c> and so on).</summary>
    /// <exception cref="ControlPlaneConfigurationException">Something is missing, unknown or malformed.</exception>
    internal static ControlPlaneOptions Read(string[] arguments, IConfiguration environment)
    {
        Dictionary<string, string> given = ReadArguments(arguments);
        string? Value(string key) => given.GetValueOrDefault(key) ?? environment[key];
        string data = Value(DataKey) is { Length: > 0 } path
            ? path
            : throw Wrong($"--data: expected a directory, found nothing; {Usage}");
        return new ControlPlaneOptions(
            data,
            EndPoint("--listen", Value(ListenKey) ?? "127.0.0.1:8443"),
            EndPoint("--mqtt", Value(MqttKey) ?? "127.0.0.1:8883"))
        {
            Names = Names(Value(s_switches["--name"])),
            Identity = new IdentityOptions { ManufacturerAuthorities = Value(s_switches["--manufacturer-ca"]) },
            Oidc = Oidc(Value(s_switches["--oidc-authority"]), Value(s_switches["--oidc-audience"]), Value(s_switches["--oidc-role-claim"])),
            Retention = Retention((name, usual, most) => Number(name, Value(s_switches[name]), usual, most)),
        };
    }

    private static Dictionary<string, string> ReadArguments(string[] arguments)
    {
        Dictionary<string, string> given = [];
        for (int i = 0; i < arguments.Length; i++)
        {
            string[] parts = arguments[i].Split('=', 2);
            if (!s_switches.TryGetValue(parts[0], out string? key))
            {
                throw Wrong($"command line: expected one of {string.Join(", ", s_switches.Keys)}, found '{arguments[i]}'; {Usage}");
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

    private static IPEndPoint EndPoint(string name, string text)
    {
        string numeric = text.StartsWith("localhost:", StringComparison.Ordinal) ? "127.0.0.1" + text["localhost".Length..] : text;
        return numeric.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(numeric, out IPEndPoint? endPoint)
            ? endPoint
            : throw Wrong($"{name}: expected ADDRESS:PORT such as 0.0.0.0:8443, found '{text}'");
    }

    private static IReadOnlyList<string> Names(string? text)
    {
        string[] names = (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return names.FirstOrDefault(static name => Uri.CheckHostName(name) is not (UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6)) is string wrong
            ? throw Wrong($"--name: expected host names and addresses, found '{wrong}'")
            : names;
    }

    private static OidcOptions? Oidc(string? authority, string? audience, string? roleClaim)
    {
        if (authority is null && audience is null)
        {
            return null;
        }

        return Uri.TryCreate(authority, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttps && audience is { Length: > 0 }
            ? new OidcOptions(uri, audience, roleClaim ?? "roles")
            : throw Wrong($"--oidc-authority, --oidc-audience: expected an https address and an audience, found '{authority}' and '{audience}'");
    }

    private static RetentionOptions Retention(Func<string, long, long, long> number)
    {
        RetentionOptions usual = new();
        return new RetentionOptions(
            number("--keep-samples", usual.MaxSamples, MostRows), TimeSpan.FromDays(number("--keep-days", (long)usual.MaxAge.TotalDays, MostDays)))
        {
            MaxSamplesOfDevice = number("--keep-samples-of-device", usual.MaxSamplesOfDevice, MostRows),
            MaxEvents = number("--keep-events", usual.MaxEvents, MostRows),
            MaxEventsOfDevice = number("--keep-events-of-device", usual.MaxEventsOfDevice, MostRows),
            MaxPoints = number("--keep-points", usual.MaxPoints, MostRows),
        };
    }

    private static long Number(string name, string? text, long usual, long most) =>
        text is null ? usual
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= 1 && number <= most ? number
        : throw Wrong($"{name}: expected 1 to {most}, found '{text}'");

    private static ControlPlaneConfigurationException Wrong(string message) => new(ExitCode.Usage, message);
}
