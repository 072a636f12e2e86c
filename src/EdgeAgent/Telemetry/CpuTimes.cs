namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>Processor time of the whole device in clock ticks, from the first line of <c>/proc/stat</c> (proc(5)).</summary>
/// <param name="Busy">Spent on something.</param>
/// <param name="Total">Spent in all.</param>
internal readonly record struct CpuTimes(ulong Busy, ulong Total)
{
    private const int IdleField = 3, WaitField = 4, FieldsCounted = 8;

    /// <summary>Parses the file's text; null when its first line is not the sum over all processors.</summary>
    internal static CpuTimes? Parse(string text)
    {
        int lineEnd = text.IndexOf('\n', StringComparison.Ordinal);
        ReadOnlySpan<char> line = lineEnd < 0 ? text : text.AsSpan(0, lineEnd);
        return line.StartsWith("cpu ", StringComparison.Ordinal) ? ParseFields(line[4..]) : null;
    }

    /// <summary>Each processor's, in the order of the file, which leaves out those that are switched off.</summary>
    internal static void ParseCores(string text, List<CpuTimes> cores)
    {
        cores.Clear();
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (!line.StartsWith("cpu", StringComparison.Ordinal))
            {
                break;
            }

            int name = line.IndexOf(' ');
            if (name > 3 && ParseFields(line[name..]) is CpuTimes core)
            {
                cores.Add(core);
            }
        }
    }

    private static CpuTimes? ParseFields(ReadOnlySpan<char> numbers)
    {
        ulong busy = 0, total = 0;
        int field = 0;
        foreach (Range range in numbers.Split(' '))
        {
            // Guest time, behind the eighth field, is part of user time already.
            if (numbers[range].IsEmpty || field >= FieldsCounted)
            {
                continue;
            }

            if (!ulong.TryParse(numbers[range], out ulong ticks))
            {
                return null;
            }

            total += ticks;
            busy += field is IdleField or WaitField ? 0 : ticks;
            field++;
        }

        return field > WaitField ? new CpuTimes(busy, total) : null;
    }

    /// <summary>Use since an earlier look, 0 to 1,000.</summary>
    internal int PermilleSince(CpuTimes earlier)
    {
        ulong total = Total > earlier.Total ? Total - earlier.Total : 0;
        ulong busy = Busy > earlier.Busy ? Busy - earlier.Busy : 0;
        return total == 0 ? 0 : (int)Math.Min(1000, busy * 1000 / total);
    }
}
