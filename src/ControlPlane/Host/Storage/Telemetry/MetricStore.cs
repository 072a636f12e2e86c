using System.Text.Json;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Telemetry;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>Keeps workloads' metrics: each series once, with its newest point, and its points.</summary>
internal static class MetricStore
{
    /// <summary>
    /// Most series of a device; a further one takes the place of the one that has been silent for longest. Fewer than an agent lets
    /// its VMs have if there are more than a hundred of them, and labels that never come again add up.
    /// </summary>
    internal const int MaxSeriesOfDevice = 20_000;

    /// <summary>Keeps the points of a batch; a part of the batch's own write.</summary>
    internal static void Store(SqliteConnection connection, string device, long batch, long nowMs, ClockCorrection clock, IReadOnlyList<MetricPoint> points)
    {
        SeriesRoom room = new(connection, device, nowMs, MaxSeriesOfDevice);
        MetricPoint? before = null;
        long? series = null;
        foreach (MetricPoint point in points)
        {
            if (before is null || !point.IsOfSeries(before))
            {
                series = FindOrAdd(connection, device, point, nowMs, room);
                before = point;
            }

            if (series is long id)
            {
                long at = clock.Apply(point.AtUnixMs);
                connection.Execute(
                    "INSERT INTO metric_points (batch, series, at_ms, value) VALUES ($batch, $series, $at, $value)",
                    ("$batch", batch), ("$series", id), ("$at", at), ("$value", point.Value));
                connection.Execute(
                    "UPDATE metric_series SET at_ms = $at, value = $value, received_ms = $now WHERE id = $series",
                    ("$at", at), ("$value", point.Value), ("$now", nowMs), ("$series", id));
            }
        }
    }

    /// <summary>Labels as they are kept: a JSON object, ordered by name.</summary>
    internal static string Write(IReadOnlyList<KeyValuePair<string, string>> labels) => labels.Count == 0
        ? "{}"
        : JsonSerializer.Serialize(new Dictionary<string, string>(labels), ApiJsonContext.Default.DictionaryStringString);

    private static long? FindOrAdd(SqliteConnection connection, string device, MetricPoint point, long nowMs, SeriesRoom room)
    {
        string labels = Write(point.Labels);
        long known = connection.Number(
            "SELECT id FROM metric_series WHERE device = $device AND vm = $vm AND name = $name AND unit = $unit AND labels = $labels",
            0,
            ("$device", device), ("$vm", point.Vm.Value), ("$name", point.Name), ("$unit", point.Unit), ("$labels", labels));
        if (known != 0)
        {
            return known;
        }

        if (!room.Take())
        {
            return null;
        }

        connection.Execute(
            """
            INSERT INTO metric_series (device, vm, name, unit, labels, at_ms, value, received_ms)
            VALUES ($device, $vm, $name, $unit, $labels, 0, 0, $now)
            """,
            ("$device", device), ("$vm", point.Vm.Value), ("$name", point.Name), ("$unit", point.Unit), ("$labels", labels), ("$now", nowMs));
        return connection.Number("SELECT last_insert_rowid()", 0);
    }
}
