using System.Globalization;

namespace MicroVm.EdgeAgent.Planning;

/// <summary>
/// How long programs waited for memory, from <c>/proc/pressure/memory</c> (the kernel's Documentation/accounting/psi.rst), in
/// hundredths of a percent of the last ten seconds.
/// </summary>
/// <param name="Some">At least one program waited.</param>
/// <param name="Full">All programs waited.</param>
internal readonly record struct PressureReading(int Some, int Full)
{
    /// <summary>Parses the file's text; null when it is not of that form. "full" is missing in some kernels' files.</summary>
    internal static PressureReading? Parse(string text)
    {
        int? some = null, full = null;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            some ??= Average(line, "some avg10=");
            full ??= Average(line, "full avg10=");
        }

        return some is int value ? new PressureReading(value, full ?? 0) : null;
    }

    private static int? Average(ReadOnlySpan<char> line, string name)
    {
        if (!line.StartsWith(name, StringComparison.Ordinal))
        {
            return null;
        }

        ReadOnlySpan<char> value = line[name.Length..];
        int end = value.IndexOf(' ');
        return decimal.TryParse(end < 0 ? value : value[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal percent) && percent is >= 0 and <= 100
            ? (int)(percent * 100) : null;
    }
}
