using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>Samples of one VM as columns. A column that is zero throughout is not written.</summary>
internal static class VmColumns
{
    private const int Name = 0, Times = 1, FirstColumn = 2;

    private static readonly Func<VmSample, long>[] s_columns =
    [
        static sample => sample.CpuPermille,
        static sample => unchecked((long)sample.ResidentBytes),
        static sample => (long)sample.Phase,
        static sample => unchecked((long)sample.GuestMemoryBytes),
        static sample => unchecked((long)sample.GuestAvailableBytes),
        static sample => sample.GuestLoadPermille,
        static sample => unchecked((long)sample.VolumeBytes),
        static sample => unchecked((long)sample.VolumeUsedBytes),
        static sample => sample.ErrorLines,
        static sample => sample.BalloonMib,
        static sample => unchecked((long)sample.BlockReadBytes),
        static sample => unchecked((long)sample.BlockWrittenBytes),
        static sample => unchecked((long)sample.NetworkReceivedBytes),
        static sample => unchecked((long)sample.NetworkSentBytes),
        static sample => sample.Restarts,
        static sample => unchecked((long)sample.Exits),
    ];

    /// <summary>Samples by VM, each VM's in their order.</summary>
    internal static IReadOnlyList<IReadOnlyList<VmSample>> Group(IReadOnlyList<VmSample> samples)
    {
        List<List<VmSample>> groups = [];
        Dictionary<ResourceName, List<VmSample>> byName = [];
        foreach (VmSample sample in samples)
        {
            if (!byName.TryGetValue(sample.Name, out List<VmSample>? group))
            {
                byName[sample.Name] = group = [];
                groups.Add(group);
            }

            group.Add(sample);
        }

        return groups;
    }

    internal static void Write(WireWriter writer, IReadOnlyList<VmSample> samples) => writer.WriteMap(map =>
    {
        Span<long> values = new long[samples.Count];
        map.Field(Name, samples[0].Name.Value);
        map.IntegerListField(Times, Column.TimeDeltas(Fill(values, samples, static sample => sample.AtUnixMs)));
        for (int i = 0; i < s_columns.Length; i++)
        {
            long[] deltas = Column.Deltas(Fill(values, samples, s_columns[i]));
            if (deltas.Length > 0)
            {
                map.IntegerListField(FirstColumn + i, deltas);
            }
        }
    });

    internal static VmSample[] Read(WireReader reader)
    {
        ColumnReader columns = new(reader);
        ResourceName name = default;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case Name: name = reader.ReadParsed(ResourceName.Parse); return true;
                case Times: columns.TakeTimes(); return true;
                case >= FirstColumn when key < FirstColumn + s_columns.Length: columns.Take(key); return true;
                default: return false;
            }
        });
        columns.Finish();
        VmSample[] samples = new VmSample[columns.Times.Length];
        for (int row = 0; row < samples.Length; row++)
        {
            samples[row] = name == default ? throw reader.Fault("a VM name (key 0)", "none") : RowOf(reader, columns, name, row);
        }

        return samples;
    }

    private static VmSample RowOf(WireReader reader, ColumnReader columns, ResourceName name, int row)
    {
        VmPhase phase = (VmPhase)columns.Int32(FirstColumn + 2, row, 0, int.MaxValue);
        if (!Enum.IsDefined(phase))
        {
            throw reader.Fault("a number of VmPhase", $"{(int)phase}");
        }

        return new VmSample(columns.Times[row], name, columns.Int32(FirstColumn, row, 0, int.MaxValue), columns.Unsigned(FirstColumn + 1, row), phase)
        {
            GuestMemoryBytes = columns.Unsigned(FirstColumn + 3, row),
            GuestAvailableBytes = columns.Unsigned(FirstColumn + 4, row),
            GuestLoadPermille = columns.Int32(FirstColumn + 5, row, 0, int.MaxValue),
            VolumeBytes = columns.Unsigned(FirstColumn + 6, row),
            VolumeUsedBytes = columns.Unsigned(FirstColumn + 7, row),
            ErrorLines = columns.Int32(FirstColumn + 8, row, 0, int.MaxValue),
            BalloonMib = columns.Int32(FirstColumn + 9, row, 0, int.MaxValue),
            BlockReadBytes = columns.Unsigned(FirstColumn + 10, row),
            BlockWrittenBytes = columns.Unsigned(FirstColumn + 11, row),
            NetworkReceivedBytes = columns.Unsigned(FirstColumn + 12, row),
            NetworkSentBytes = columns.Unsigned(FirstColumn + 13, row),
            Restarts = columns.Int32(FirstColumn + 14, row, 0, int.MaxValue),
            Exits = columns.Unsigned(FirstColumn + 15, row),
        };
    }

    private static Span<long> Fill(Span<long> values, IReadOnlyList<VmSample> samples, Func<VmSample, long> column)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = column(samples[i]);
        }

        return values;
    }
}
