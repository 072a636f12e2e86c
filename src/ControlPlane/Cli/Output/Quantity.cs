using System.Globalization;

namespace MicroVm.ControlPlane.Cli.Output;

/// <summary>Numbers as people read them.</summary>
internal static class Quantity
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Bytes with a binary unit and at most one decimal.</summary>
    public static string Bytes(ulong bytes)
    {
        double value = bytes;
        int unit = 0;
        while (value >= 1000 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string format = unit == 0 || value >= 99.95 ? "0" : "0.#";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {s_units[unit]}";
    }

    /// <summary>A length of time with its largest one or two units.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1 } => "0s",
        { TotalMinutes: < 2 } => $"{(int)time.TotalSeconds}s",
        { TotalHours: < 2 } => $"{(int)time.TotalMinutes}m{time.Seconds}s",
        { TotalDays: < 2 } => $"{(int)time.TotalHours}h{time.Minutes}m",
        _ => $"{(int)time.TotalDays}d{time.Hours}h",
    };

    /// <summary>Time since then; <c>never</c> for null.</summary>
    public static string Age(DateTimeOffset? then, DateTimeOffset now) => then is { } at ? Duration(now - at) : "never";

    /// <summary>Thousandths as percent.</summary>
    public static string Percent(int permille) => (permille / 10.0).ToString("0.0", CultureInfo.InvariantCulture) + "%";

    /// <summary>Thousandths of a load average as proc(5) writes them.</summary>
    public static string Load(int permille) => (permille / 1000.0).ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>Reads a length of time such as <c>90s</c>, <c>5m</c> or <c>1h30m</c>.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits is <= 0 or > 6)
            {
                return false;
            }

            int seconds = rest[digits] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 };
            if (seconds == 0)
            {
                return false;
            }

            duration += TimeSpan.FromSeconds((long)seconds * int.Parse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture));
            rest = rest[(digits + 1)..];
        }

        return text.Length > 0;
    }
}
