using System.Globalization;

namespace MicroVm.EdgeAgent.Telemetry.Clocks;

/// <summary>
/// When the last boots of the device began, as a synchronised clock said later in each of them. Kept as one text,
/// <c>BOOTID=MS</c> with a space between, newest last.
/// </summary>
internal sealed class BootTimes
{
    private const int Most = 8;

    private readonly List<(string Boot, long AtUnixMs)> _boots;

    private BootTimes(List<(string, long)> boots) => _boots = boots;

    /// <summary>None.</summary>
    internal static BootTimes Empty { get; } = new([]);

    /// <summary>When a boot began; null when that was never known.</summary>
    internal long? Find(string boot)
    {
        foreach ((string name, long at) in _boots)
        {
            if (name == boot)
            {
                return at;
            }
        }

        return null;
    }

    /// <summary>With what a boot's beginning is known to be now.</summary>
    internal BootTimes With(string boot, long atUnixMs) =>
        new([.. _boots.Where(known => known.Boot != boot).TakeLast(Most - 1), (boot, atUnixMs)]);

    /// <summary>Parses the text; what is not of that form is left out.</summary>
    internal static BootTimes Parse(string? text)
    {
        List<(string, long)> boots = [];
        foreach (string pair in (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).TakeLast(Most))
        {
            int equals = pair.IndexOf('=');
            if (equals > 0 && long.TryParse(pair.AsSpan(equals + 1), CultureInfo.InvariantCulture, out long at))
            {
                boots.Add((pair[..equals], at));
            }
        }

        return new BootTimes(boots);
    }

    /// <summary>The text.</summary>
    public override string ToString() => string.Join(' ', _boots.Select(static boot => $"{boot.Boot}={boot.AtUnixMs.ToString(CultureInfo.InvariantCulture)}"));
}
