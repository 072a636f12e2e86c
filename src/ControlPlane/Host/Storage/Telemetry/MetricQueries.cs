using System.Text.Json;
using MicroVm.Shared.Contracts.Api;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>Reads what <see cref="MetricStore"/> keeps.</summary>
internal sealed class MetricQueries(Database database)
{
    private const string OfDevice = "device = $device AND ($vm = '' OR vm = $vm) AND ($name = '' OR name = $name)";

    /// <summary>Series of a device with their newest points, ordered by VM, name and labels.</summary>
    /// <param name="device">The device.</param>
    /// <param name="vm">Only this VM's; empty for all.</param>
    /// <param name="name">Only this name; empty for all.</param>
    /// <param name="limit">Most series.</param>
    /// <param name="cancellation">Ends the wait.</param>
    internal Task<List<MetricSeriesView>> SeriesAsync(string device, string vm, string name, int limit, CancellationToken cancellation) => database.ReadAsync(
        connection => connection.Query(
            $"SELECT vm, name, unit, labels, at_ms, value FROM metric_series WHERE {OfDevice} ORDER BY vm, name, unit, labels LIMIT $limit",
            static row => new MetricSeriesView(
                row.GetString(0), row.GetString(1), row.GetString(2), LabelsOf(row, 3), DeviceClock.FromUnixMs(row.GetInt64(4)), row.GetDouble(5)),
            ("$device", device), ("$vm", vm), ("$name", name), ("$limit", limit)),
        cancellation);

    /// <summary>The newest points of a device's series, in the order in which they came.</summary>
    /// <param name="device">The device.</param>
    /// <param name="vm">Only this VM's; empty for all.</param>
    /// <param name="name">Only this name; empty for all.</param>
    /// <param name="since">Only points of this time or later.</param>
    /// <param name="limit">Most points; the newest of them.</param>
    /// <param name="cancellation">Ends the wait.</param>
    internal Task<List<MetricPointView>> PointsAsync(
        string device, string vm, string name, DateTimeOffset? since, int limit, CancellationToken cancellation) => database.ReadAsync(
        connection =>
        {
            List<MetricPointView> newestFirst = connection.Query(
                $"""
                SELECT s.vm, s.name, s.unit, s.labels, p.at_ms, p.value, b.clock, b.boot_id, b.sequence
                FROM metric_points p JOIN metric_series s ON s.id = p.series LEFT JOIN telemetry_batches b ON b.id = p.batch
                WHERE p.series IN (SELECT id FROM metric_series WHERE {OfDevice}) AND p.at_ms >= $since ORDER BY p.id DESC LIMIT $limit
                """,
                static row => new MetricPointView(
                    row.GetString(0), row.GetString(1), row.GetString(2), LabelsOf(row, 3), DeviceClock.FromUnixMs(row.GetInt64(4)), row.GetDouble(5),
                    (row.IsDBNull(6) ? TimeMark.Unknown : (TimeMark)row.GetInt32(6)).ToString())
                {
                    BootId = row.IsDBNull(7) ? Guid.Empty : new Guid(row.GetFieldValue<byte[]>(7), bigEndian: true),
                    Sequence = row.IsDBNull(8) ? 0 : unchecked((ulong)row.GetInt64(8)),
                },
                ("$device", device), ("$vm", vm), ("$name", name), ("$since", since?.ToUnixTimeMilliseconds() ?? long.MinValue), ("$limit", limit));
            newestFirst.Reverse();
            return newestFirst;
        },
        cancellation);

    private static Dictionary<string, string> LabelsOf(SqliteDataReader row, int column) =>
        JsonSerializer.Deserialize(row.GetString(column), ApiJsonContext.Default.DictionaryStringString)!;
}
