using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>One series of a workload's metric as columns: what names it once, then times and values.</summary>
internal static class MetricColumns
{
    private const int Vm = 0, Name = 1, Unit = 2, Labels = 3, Times = 4, Integers = 5, Digits = 6, Numbers = 7;

    /// <summary>Points by series, each series' in their order.</summary>
    internal static IReadOnlyList<IReadOnlyList<MetricPoint>> Group(IReadOnlyList<MetricPoint> points)
    {
        List<List<MetricPoint>> groups = [];
        Dictionary<MetricPoint, List<MetricPoint>> bySeries = new(SeriesComparer.Instance);
        foreach (MetricPoint point in points)
        {
            if (!bySeries.TryGetValue(point, out List<MetricPoint>? group))
            {
                bySeries[point] = group = [];
                groups.Add(group);
            }

            group.Add(point);
        }

        return groups;
    }

    internal static void Write(WireWriter writer, IReadOnlyList<MetricPoint> points) => writer.WriteMap(map =>
    {
        MetricPoint first = points[0];
        long[] times = new long[points.Count];
        double[] values = new double[points.Count];
        for (int i = 0; i < points.Count; i++)
        {
            (times[i], values[i]) = (points[i].AtUnixMs, points[i].Value);
        }

        map.Field(Vm, first.Vm.Value);
        map.Field(Name, first.Name);
        if (first.Unit.Length > 0)
        {
            map.Field(Unit, first.Unit);
        }

        if (first.Labels.Count > 0)
        {
            map.TextMapField(Labels, first.Labels);
        }

        map.IntegerListField(Times, Column.TimeDeltas(times));
        WriteValues(map, values);
    });

    internal static MetricPoint[] Read(WireReader reader)
    {
        ResourceName vm = default;
        string name = "", unit = "";
        KeyValuePair<string, string>[] labels = [];
        long[] times = [];
        IReadOnlyList<long> integers = [];
        IReadOnlyList<double>? numbers = null;
        int digits = 0;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case Vm: vm = reader.ReadParsed(ResourceName.Parse); return true;
                case Name: name = reader.ReadText(); return true;
                case Unit: unit = reader.ReadText(); return true;
                case Labels: labels = [.. reader.ReadTextMap().OrderBy(static label => label.Key, StringComparer.Ordinal)]; return true;
                case Times: times = Column.RestoreTimes(reader.ReadIntegers()); return true;
                case Integers: integers = reader.ReadIntegers(); return true;
                case Digits: digits = reader.ReadInt32(0, DecimalColumn.MaxDigits); return true;
                case Numbers: numbers = reader.ReadNumbers(); return true;
                default: return false;
            }
        });
        if (vm == default || integers.Count > times.Length || (numbers is not null && numbers.Count != times.Length))
        {
            throw reader.Fault($"a VM name (key 0) and at most {times.Length} values, one for each time", $"'{vm}' and {numbers?.Count ?? integers.Count}");
        }

        long[] restored = Column.Restore(integers, times.Length);
        MetricPoint[] points = new MetricPoint[times.Length];
        for (int i = 0; i < points.Length; i++)
        {
            points[i] = new MetricPoint(vm, name, numbers?[i] ?? DecimalColumn.Join(restored[i], digits), unit, labels, times[i]);
            if (MetricRules.Check(points[i]) is string fault)
            {
                throw reader.Fault("a metric that keeps the rules", fault);
            }
        }

        return points;
    }

    private static void WriteValues(WireWriter map, double[] values)
    {
        if (DecimalColumn.TrySplit(values) is not (int digits, long[] integers))
        {
            map.NumberListField(Numbers, values);
            return;
        }

        map.IntegerListField(Integers, Column.Deltas(integers));
        if (digits > 0)
        {
            map.Field(Digits, digits);
        }
    }

    /// <summary>Equal when two points are of one series.</summary>
    private sealed class SeriesComparer : IEqualityComparer<MetricPoint>
    {
        internal static SeriesComparer Instance { get; } = new();

        public bool Equals(MetricPoint? one, MetricPoint? other) => one is not null && other is not null && one.IsOfSeries(other);

        public int GetHashCode(MetricPoint point) => HashCode.Combine(point.Vm, point.Name, point.Labels.Count);
    }
}
