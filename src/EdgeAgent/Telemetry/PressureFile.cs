using System.Globalization;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>A file of <c>/proc/pressure</c> (kernel documentation, accounting/psi.rst).</summary>
internal static class PressureFile
{
    private const decimal HundredthsPerPercent = 100;

    /// <summary>The averages over ten seconds, in hundredths of a percent; 0 for what the file does not say.</summary>
    internal static (int Some, int Full) Parse(ReadOnlySpan<char> text)
    {
        int some = 0, full = 0;
        foreach (ReadOnlySpan<char> line in text.EnumerateLines())
        {
            some = line.StartsWith("some ", StringComparison.Ordinal) ? AverageOf(line) : some;
            full = line.StartsWith("full ", StringComparison.Ordinal) ? AverageOf(line) : full;
        }

        return (some, full);
    }

    private static int AverageOf(ReadOnlySpan<char> line)
    {
        const string name = "avg10=";
        int at = line.IndexOf(name, StringComparison.Ordinal);
        if (at < 0)
        {
            return 0;
        }

        ReadOnlySpan<char> value = line[(at + name.Length)..];
        int end = value.IndexOf(' ');
        return decimal.TryParse(end < 0 ? value : value[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal percent)
            ? (int)Math.Min(percent * HundredthsPerPercent, 10_000)
            : 0;
    }
}
