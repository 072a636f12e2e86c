using MicroVm.ControlPlane.Host.Configuration;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>Deletes telemetry that is over the bounds, a piece at a time so that writes are never held up for long.</summary>
internal sealed class RetentionService(Database database, RetentionOptions options, TimeProvider time) : BackgroundService
{
    private const int RowsAtATime = 5_000;

    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);

    /// <summary>Deletes everything that is over the bounds now.</summary>
    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        long oldestMs = (time.GetUtcNow() - options.MaxAge).ToUnixTimeMilliseconds();
        while (await database.WriteAsync(connection => SweepPiece(connection, oldestMs)) && !cancellationToken.IsCancellationRequested)
        {
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(s_period, time);
        try
        {
            do
            {
                await SweepAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <returns>True when there may be more to delete.</returns>
    private bool SweepPiece(SqliteConnection connection, long oldestMs)
    {
        long lastOld = connection.Number(
            "SELECT MAX(id) FROM telemetry_batches WHERE received_ms < $oldest", 0, ("$oldest", oldestMs));
        int deleted = DeleteRows(connection, "host_samples", "id", lastOld, options.MaxSamples)
            + DeleteRows(connection, "vm_samples", "id", lastOld, options.MaxSamples)
            + DeleteRows(connection, "metric_points", "id", lastOld, options.MaxPoints);
        deleted += connection.Execute(
            "DELETE FROM metric_series WHERE id IN (SELECT id FROM metric_series WHERE received_ms < $oldest LIMIT $some)",
            ("$oldest", oldestMs),
            ("$some", RowsAtATime));
        deleted += connection.Execute(
            "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE received_ms < $oldest OR id <= (SELECT MAX(id) FROM events) - $most ORDER BY id LIMIT $some)",
            ("$oldest", oldestMs),
            ("$most", options.MaxEvents),
            ("$some", RowsAtATime));
        if (deleted == 0)
        {
            deleted = connection.Execute(
                "DELETE FROM telemetry_batches WHERE id IN (SELECT id FROM telemetry_batches WHERE id <= $last ORDER BY id LIMIT $some)",
                ("$last", Math.Max(lastOld, connection.Number("SELECT MAX(id) FROM telemetry_batches", 0) - options.MaxSamples)),
                ("$some", RowsAtATime));
        }

        return deleted != 0;
    }

    private static int DeleteRows(SqliteConnection connection, string table, string key, long lastOldBatch, long maxRows)
    {
        // Keys rise by one with each row and are never used again, so the count of rows is bounded by their distance.
        long last = connection.Number($"SELECT MAX({key}) FROM {table}", 0);
        return connection.Execute(
            $"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE batch <= $batch OR {key} <= $key ORDER BY {key} LIMIT $some)",
            ("$batch", lastOldBatch),
            ("$key", last - maxRows),
            ("$some", RowsAtATime));
    }
}
