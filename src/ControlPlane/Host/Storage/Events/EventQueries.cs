using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MicroVm.Shared.Contracts.Api;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Events;

/// <summary>Reads what <see cref="EventStore"/> keeps.</summary>
internal sealed class EventQueries(Database database)
{
    private const string Columns = "id, at_ms, device, vm, is_warning, reason, message";
    private const string Where =
        "WHERE id > $after AND ($device IS NULL OR device = $device) AND ($vm IS NULL OR vm = $vm) AND received_ms >= $since";

    /// <summary>The newest events, oldest first.</summary>
    internal Task<List<EventView>> TailAsync(EventFilter filter, int count, CancellationToken cancellationToken) => database.ReadAsync(
        connection =>
        {
            List<EventView> newest = Query(connection, $"SELECT {Columns} FROM events {Where} ORDER BY id DESC LIMIT $count", filter, 0, count);
            newest.Reverse();
            return newest;
        },
        cancellationToken);

    /// <summary>The events after an id, oldest first, at most <paramref name="count"/>.</summary>
    internal Task<List<EventView>> AfterAsync(EventFilter filter, long after, int count, CancellationToken cancellationToken) => database.ReadAsync(
        connection => Query(connection, $"SELECT {Columns} FROM events {Where} ORDER BY id LIMIT $count", filter, after, count), cancellationToken);

    /// <summary>The highest id that an event ever had; deleting events does not lower it.</summary>
    internal Task<long> LastIdAsync(CancellationToken cancellationToken) => database.ReadAsync(
        connection => connection.Number("SELECT seq FROM sqlite_sequence WHERE name = 'events'", 0), cancellationToken);

    private static List<EventView> Query(SqliteConnection connection, string sql, EventFilter filter, long after, int count) => connection.Query(
        sql,
        static row => new EventView(
            row.GetInt64(0),
            DeviceClock.FromUnixMs(row.GetInt64(1)),
            row.GetString(2),
            row.GetString(3),
            row.GetInt64(4) != 0 ? EventView.Warning : EventView.Normal,
            row.GetString(5),
            row.GetString(6)),
        ("$after", after),
        ("$device", filter.Device),
        ("$vm", filter.Vm),
        ("$since", filter.SinceMs),
        ("$count", count));
}
