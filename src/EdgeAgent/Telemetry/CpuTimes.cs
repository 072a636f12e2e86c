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
        string[] fields = (lineEnd < 0 ? text : text[..lineEnd]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= WaitField + 1 || fields[0] != "cpu")
        {
            return null;
        }

        ulong busy = 0, total = 0;
        // Guest time, behind the eighth field, is part of user time already.
        for (int i = 0; i < FieldsCounted && i + 1 < fields.Length; i++)
        {
            if (!ulong.TryParse(fields[i + 1], out ulong ticks))
            {
                return null;
            }

            total += ticks;
            busy += i is IdleField or WaitField ? 0 : ticks;
        }

        return new CpuTimes(busy, total);
    }

    /// <summary>Use since an earlier look, 0 to 1,000.</summary>
    internal int PermilleSince(CpuTimes earlier)
    {
        ulong total = Total > earlier.Total ? Total - earlier.Total : 0;
        ulong busy = Busy > earlier.Busy ? Busy - earlier.Busy : 0;
        return total == 0 ? 0 : (int)Math.Min(1000, busy * 1000 / total);
    }
}
