namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>Memory of the device, from <c>/proc/meminfo</c> (proc(5)).</summary>
/// <param name="TotalBytes">Physical memory.</param>
/// <param name="AvailableBytes">What a new program could use without swapping.</param>
internal readonly record struct MemoryInfo(ulong TotalBytes, ulong AvailableBytes)
{
    private const ulong ReserveBytes = 128 << 20;
    private const ulong ReservedPart = 16;

    /// <summary>What VMs may have unless it is configured, in MiB: everything but 128 MiB and a sixteenth.</summary>
    internal long BudgetMib => (long)(TotalBytes - Math.Min(TotalBytes, ReserveBytes + (TotalBytes / ReservedPart))) >> 20;

    /// <summary>Parses the file's text; null when a line is missing.</summary>
    internal static MemoryInfo? Parse(string text)
    {
        ulong? total = null, available = null;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            total ??= ValueOf(line, "MemTotal:");
            available ??= ValueOf(line, "MemAvailable:");
        }

        return total is ulong all && available is ulong free ? new MemoryInfo(all, Math.Min(free, all)) : null;
    }

    private static ulong? ValueOf(ReadOnlySpan<char> line, string name)
    {
        if (!line.StartsWith(name, StringComparison.Ordinal))
        {
            return null;
        }

        ReadOnlySpan<char> value = line[name.Length..].Trim();
        int unit = value.IndexOf(' ');
        return ulong.TryParse(unit < 0 ? value : value[..unit], out ulong kibibytes) ? kibibytes << 10 : null;
    }
}
