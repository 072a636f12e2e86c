using MicroVm.ControlPlane.Host.Configuration;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>Deletes telemetry that is over the bounds, a piece at a time so that writes are never held up for long.</summary>
internal sealed class RetentionService(Database database, RetentionOptions options, TimeProvider time) : BackgroundService
{
    private const int RowsAtATime = 5_000, MostPiecesOfBatches = 20;

    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);

    private readonly DeviceBound[] _ofDevices =
    [
        .. RetentionStatements.TablesOfDevices.Select(
            table => new DeviceBound(database, table, table == "events" ? options.MaxEventsOfDevice : options.MaxSamplesOfDevice)),
    ];

    // Batches up to here were looked at in this round over those that may be forgotten.
    private long _lookedAt;

    /// <summary>Deletes everything that is over the bounds now.</summary>
    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (DeviceBound bound in _ofDevices)
        {
            await bound.SweepAsync(cancellationToken);
        }

        long oldestMs = (time.GetUtcNow() - options.MaxAge).ToUnixTimeMilliseconds();
        long lastOld = await database.ReadAsync(
            connection => connection.Number(RetentionStatements.NewestOldBatch, 0, ("$oldest", oldestMs)), cancellationToken);
        while (await database.WriteAsync(connection => DeletePiece(connection, oldestMs, lastOld)))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        // Batches of which something is kept are passed over, and there can be many: a sweep does a part of a round.
        for (int piece = 0; piece < MostPiecesOfBatches && await database.WriteAsync(connection => ForgetPiece(connection, lastOld)); piece++)
        {
            cancellationToken.ThrowIfCancellationRequested();
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
    private bool DeletePiece(SqliteConnection connection, long oldestMs, long lastOld)
    {
        int deleted = 0;
        foreach (string table in RetentionStatements.TablesOfBatches)
        {
            deleted += connection.Execute(RetentionStatements.OfOldBatches(table), ("$batch", lastOld), ("$some", RowsAtATime));
        }

        deleted += DeleteOverTheCount(connection, "host_samples", options.MaxSamples)
            + DeleteOverTheCount(connection, "vm_samples", options.MaxSamples)
            + DeleteOverTheCount(connection, "metric_points", options.MaxPoints)
            + DeleteOverTheCount(connection, "events", options.MaxEvents)
            + connection.Execute(RetentionStatements.OldEvents, ("$oldest", oldestMs), ("$some", RowsAtATime))
            + connection.Execute(RetentionStatements.SilentSeries, ("$oldest", oldestMs), ("$some", RowsAtATime));
        return deleted != 0;
    }

    private static int DeleteOverTheCount(SqliteConnection connection, string table, long most)
    {
        // Ids rise by one with each row and are never used again, so the count of rows is bounded by their distance.
        long newest = connection.Number(RetentionStatements.Newest(table), 0);
        return connection.Execute(RetentionStatements.OverTheCount(table), ("$last", newest - most), ("$some", RowsAtATime));
    }

    /// <summary>Forgets batches that are old or over the count, and of which nothing is kept.</summary>
    /// <returns>False at the end of the round.</returns>
    private bool ForgetPiece(SqliteConnection connection, long lastOld)
    {
        long last = Math.Max(lastOld, connection.Number(RetentionStatements.Newest("telemetry_batches"), 0) - options.MaxSamples);
        long end = connection.Number(RetentionStatements.EndOfPiece, 0, ("$from", _lookedAt), ("$last", last), ("$some", RowsAtATime));
        connection.Execute(RetentionStatements.BatchesWithoutRows, ("$from", _lookedAt), ("$last", end == 0 ? last : end));
        _lookedAt = end;
        return end != 0;
    }
}
