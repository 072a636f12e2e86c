using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>Room for new series of a device within one write: where there is none, the series that has been silent for longest leaves.</summary>
/// <param name="connection">The writer's.</param>
/// <param name="device">The device.</param>
/// <param name="nowMs">The time of the write: series of this time are of the write itself, and stay.</param>
/// <param name="most">Most series of the device.</param>
internal sealed class SeriesRoom(SqliteConnection connection, string device, long nowMs, int most)
{
    // Both are asked for once in a write, and only when there is a new series.
    private long? _free;
    private Queue<long>? _silent;

    /// <summary>Takes room for one series; false when every series of the device is of this write.</summary>
    internal bool Take()
    {
        _free ??= most - connection.Number("SELECT COUNT(*) FROM metric_series WHERE device = $device", 0, ("$device", device));
        if (_free > 0)
        {
            _free--;
            return true;
        }

        _silent ??= new Queue<long>(connection.Query(
            "SELECT id FROM metric_series WHERE device = $device AND received_ms <> $now ORDER BY received_ms, id",
            static row => row.GetInt64(0),
            ("$device", device),
            ("$now", nowMs)));
        while (_silent.TryDequeue(out long id))
        {
            // It may have had a point since they were asked for. Points of one that leaves are not shown, and age like others.
            if (connection.Execute("DELETE FROM metric_series WHERE id = $id AND received_ms <> $now", ("$id", id), ("$now", nowMs)) != 0)
            {
                return true;
            }
        }

        return false;
    }
}
