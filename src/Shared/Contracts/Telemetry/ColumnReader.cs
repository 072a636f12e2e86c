using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>The columns of one table of integers, by key, while they are read and turned into rows.</summary>
internal sealed class ColumnReader(WireReader reader)
{
    private readonly Dictionary<int, IReadOnlyList<long>> _deltas = [];
    private readonly Dictionary<int, long[]> _columns = [];

    /// <summary>The times of the rows; one for each.</summary>
    internal long[] Times { get; private set; } = [];

    /// <summary>Reads the times.</summary>
    internal void TakeTimes() => Times = Column.RestoreTimes(reader.ReadIntegers());

    /// <summary>Reads a column.</summary>
    internal void Take(int key) => _deltas[key] = reader.ReadIntegers();

    /// <summary>After the table's map: turns differences into numbers.</summary>
    internal void Finish()
    {
        foreach ((int key, IReadOnlyList<long> deltas) in _deltas)
        {
            _columns[key] = Restore(deltas);
        }
    }

    /// <summary>The numbers of a column of this table.</summary>
    internal long[] Restore(IReadOnlyList<long> deltas) => deltas.Count <= Times.Length
        ? Column.Restore(deltas, Times.Length)
        : throw reader.Fault($"a column of at most {Times.Length} rows", $"one of {deltas.Count}");

    /// <summary>A number without bounds; 0 when its column is not there.</summary>
    internal ulong Unsigned(int key, int row) => unchecked((ulong)Number(key, row));

    /// <summary>A number within bounds.</summary>
    internal int Int32(int key, int row, int minimum, int maximum)
    {
        long number = Number(key, row);
        return number >= minimum && number <= maximum
            ? (int)number
            : throw reader.Fault($"a number from {minimum} to {maximum} in row {row} of column {key}", $"{number}");
    }

    private long Number(int key, int row) => _columns.TryGetValue(key, out long[]? column) ? column[row] : 0;
}
