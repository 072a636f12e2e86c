namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>
/// Columns of integers as differences, so that most take one byte in CBOR. The first number stands for itself. Differences wrap
/// around, so that any 64 bits come back as they were.
/// </summary>
internal static class Column
{
    /// <summary>Each number as its difference to the one before; zeros at the end are left out.</summary>
    internal static long[] Deltas(ReadOnlySpan<long> values)
    {
        long[] deltas = new long[values.Length];
        long before = 0;
        int length = 0;
        for (int i = 0; i < values.Length; i++)
        {
            deltas[i] = unchecked(values[i] - before);
            before = values[i];
            length = deltas[i] != 0 ? i + 1 : length;
        }

        return length == deltas.Length ? deltas : deltas[..length];
    }

    /// <summary>The numbers of a column; the last one stays until the end.</summary>
    /// <param name="deltas">At most <paramref name="rows"/> differences.</param>
    /// <param name="rows">How many numbers there are.</param>
    internal static long[] Restore(IReadOnlyList<long> deltas, int rows)
    {
        long[] values = new long[rows];
        long value = 0;
        for (int i = 0; i < rows; i++)
        {
            value = unchecked(value + (i < deltas.Count ? deltas[i] : 0));
            values[i] = value;
        }

        return values;
    }

    /// <summary>Times, which come at nearly equal distances: the first, the first distance, then how much each distance differs from the one before.</summary>
    internal static long[] TimeDeltas(ReadOnlySpan<long> times)
    {
        long[] deltas = new long[times.Length];
        long before = 0, distance = 0;
        for (int i = 0; i < times.Length; i++)
        {
            long next = unchecked(times[i] - before);
            deltas[i] = unchecked(next - distance);
            (before, distance) = (times[i], i == 0 ? 0 : next);
        }

        return deltas;
    }

    /// <summary>The times of <see cref="TimeDeltas"/>.</summary>
    internal static long[] RestoreTimes(IReadOnlyList<long> deltas)
    {
        long[] times = new long[deltas.Count];
        long time = 0, distance = 0;
        for (int i = 0; i < times.Length; i++)
        {
            long next = unchecked(deltas[i] + distance);
            time = unchecked(time + next);
            times[i] = time;
            distance = i == 0 ? 0 : next;
        }

        return times;
    }
}
