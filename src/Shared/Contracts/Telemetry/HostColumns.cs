using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>Samples of the device as columns. A column that is zero throughout is not written.</summary>
internal static class HostColumns
{
    private const int Times = 1, FirstColumn = 2, Cores = 30;

    // Makes every temperature that there can be positive, so that zero is none.
    private const int TemperatureOffset = 300_000;

    private static readonly Func<HostSample, long>[] s_columns =
    [
        static sample => sample.CpuPermille,
        static sample => unchecked((long)sample.MemoryUsedBytes),
        static sample => unchecked((long)sample.MemoryTotalBytes),
        static sample => unchecked((long)sample.DiskUsedBytes),
        static sample => unchecked((long)sample.DiskTotalBytes),
        static sample => unchecked((long)sample.UptimeSeconds),
        static sample => unchecked((long)sample.AgentResidentBytes),
        static sample => sample.Pressure.CpuSome,
        static sample => sample.Pressure.MemorySome,
        static sample => sample.Pressure.MemoryFull,
        static sample => sample.Pressure.IoSome,
        static sample => sample.Pressure.IoFull,
        static sample => sample.TemperatureMilliCelsius is int temperature ? (long)temperature + TemperatureOffset : 0,
        static sample => unchecked((long)sample.NetworkReceivedBytes),
        static sample => unchecked((long)sample.NetworkSentBytes),
        static sample => (long)sample.Clock,
    ];

    internal static void Write(WireWriter writer, IReadOnlyList<HostSample> samples) => writer.WriteMap(map =>
    {
        Span<long> values = new long[samples.Count];
        map.IntegerListField(Times, Column.TimeDeltas(Fill(values, samples, static sample => sample.AtUnixMs)));
        for (int i = 0; i < s_columns.Length; i++)
        {
            long[] deltas = Column.Deltas(Fill(values, samples, s_columns[i]));
            if (deltas.Length > 0)
            {
                map.IntegerListField(FirstColumn + i, deltas);
            }
        }

        int cores = samples.Max(static sample => sample.CoreCpuPermille.Count);
        if (cores > 0)
        {
            map.ListField(Cores, [.. Enumerable.Range(0, cores)], (list, core) => list.WriteIntegers(Column.Deltas(
                Fill(new long[samples.Count], samples, sample => core < sample.CoreCpuPermille.Count ? sample.CoreCpuPermille[core] : 0))));
        }
    });

    internal static IReadOnlyList<HostSample> Read(WireReader reader)
    {
        ColumnReader columns = new(reader);
        IReadOnlyList<IReadOnlyList<long>> coreDeltas = [];
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case Times: columns.TakeTimes(); return true;
                case Cores: coreDeltas = reader.ReadList(static list => list.ReadIntegers()); return true;
                case >= FirstColumn and < Cores when key < FirstColumn + s_columns.Length: columns.Take(key); return true;
                default: return false;
            }
        });
        columns.Finish();
        if ((long)coreDeltas.Count * columns.Times.Length > TelemetryLimits.CoreValues)
        {
            throw reader.Fault($"at most {TelemetryLimits.CoreValues} values of processors", $"{coreDeltas.Count} processors in {columns.Times.Length} samples");
        }

        long[][] cores = [.. coreDeltas.Select(columns.Restore)];
        HostSample[] samples = new HostSample[columns.Times.Length];
        for (int row = 0; row < samples.Length; row++)
        {
            samples[row] = RowOf(reader, columns, cores, row);
        }

        return samples;
    }

    private static HostSample RowOf(WireReader reader, ColumnReader columns, long[][] cores, int row)
    {
        int temperature = columns.Int32(FirstColumn + 12, row, 0, int.MaxValue);
        return new HostSample(
            columns.Times[row],
            columns.Int32(FirstColumn, row, 0, 1000),
            columns.Unsigned(FirstColumn + 1, row),
            columns.Unsigned(FirstColumn + 2, row),
            columns.Unsigned(FirstColumn + 3, row),
            columns.Unsigned(FirstColumn + 4, row),
            columns.Unsigned(FirstColumn + 5, row),
            columns.Unsigned(FirstColumn + 6, row))
        {
            Pressure = new PressureSample(
                PressureOf(columns, 7, row), PressureOf(columns, 8, row), PressureOf(columns, 9, row), PressureOf(columns, 10, row), PressureOf(columns, 11, row)),
            TemperatureMilliCelsius = temperature == 0 ? null : temperature - TemperatureOffset,
            NetworkReceivedBytes = columns.Unsigned(FirstColumn + 13, row),
            NetworkSentBytes = columns.Unsigned(FirstColumn + 14, row),
            Clock = (ClockQuality)columns.Int32(FirstColumn + 15, row, 0, (int)ClockQuality.NotSet),
            CoreCpuPermille = cores.Length == 0 ? [] : [.. cores.Select(core => core[row] is >= 0 and <= 1000 and long permille
                ? (int)permille
                : throw reader.Fault($"a number from 0 to 1000 in row {row} of a processor", $"{core[row]}"))],
        };
    }

    private static int PressureOf(ColumnReader columns, int column, int row) =>
        columns.Int32(FirstColumn + column, row, 0, PressureSample.Whole);

    private static Span<long> Fill(Span<long> values, IReadOnlyList<HostSample> samples, Func<HostSample, long> column)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = column(samples[i]);
        }

        return values;
    }
}
