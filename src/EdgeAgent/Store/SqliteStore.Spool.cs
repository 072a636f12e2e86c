using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.Shared.Contracts.Telemetry;
using Microsoft.Data.Sqlite;

namespace MicroVm.EdgeAgent.Store;

internal sealed partial class SqliteStore
{
    private const string SpoolColumns = "id, boot_id, sequence, payload, class, items, clock, base_unix_ms, base_uptime_ms, kernel_boot_id";

    // Not max(id): SQLite would look for it from the end of the table, row by row, in all of which the clock is seldom too old.
    internal const string LastTooOld = "SELECT max(+id) FROM spool WHERE clock = 1 AND base_unix_ms < $oldest";

    /// <summary>What <see cref="MeasureSpool"/> would find; null when it has to be asked. Counting reads the whole table.</summary>
    private SpoolUsage? _usage;

    /// <inheritdoc/>
    public long AppendBatch(SpooledBatch batch, SpoolLimits limits) => Write(FaultPoint.AppendBatch, "spool telemetry", () =>
    {
        SpoolUsage usage = MeasureSpool();
        _usage = null;
        using SqliteTransaction transaction = _connection.BeginTransaction();
        Execute(
            """
            INSERT INTO spool (boot_id, sequence, bytes, payload, class, items, clock, base_unix_ms, base_uptime_ms, kernel_boot_id)
            VALUES ($boot, $sequence, $bytes, $payload, $class, $items, $clock, $unix, $uptime, $kernel)
            """,
            ("$boot", batch.BootId.ToString("N")),
            ("$sequence", (long)batch.Sequence),
            ("$bytes", (long)batch.Payload.Length),
            ("$payload", batch.Payload),
            ("$class", (long)batch.Class),
            ("$items", (long)batch.Items),
            ("$clock", (long)batch.Clock),
            ("$unix", batch.BaseUnixMs),
            ("$uptime", batch.BaseUptimeMs),
            ("$kernel", batch.KernelBootId));
        TelemetryLosses known = usage.Losses;
        usage = new SpoolUsage(usage.Bytes + batch.Payload.Length, usage.Rows + 1, known + batch.LostBefore);
        long before = usage.Rows;
        DropOld(ref usage, limits);
        DropExcess(ref usage, limits);
        SaveLosses(known, usage.Losses);
        transaction.Commit();
        _usage = usage;
        return before - usage.Rows;
    });

    /// <inheritdoc/>
    public IReadOnlyList<SpooledBatch> ReadBatches(long afterId, int count) => Guard("read spooled telemetry", () =>
    {
        List<SpooledBatch> batches = [];
        using SqliteCommand command = Command(
            $"SELECT {SpoolColumns} FROM spool WHERE id > $after ORDER BY id LIMIT $count",
            ("$after", afterId),
            ("$count", (long)count));
        using SqliteDataReader row = command.ExecuteReader();
        while (row.Read())
        {
            batches.Add(new SpooledBatch(row.GetInt64(0), Guid.Parse(row.GetString(1)), (ulong)row.GetInt64(2), row.GetFieldValue<byte[]>(3))
            {
                Class = (SpoolClass)row.GetInt32(4),
                Items = row.GetInt32(5),
                Clock = (ClockQuality)row.GetInt32(6),
                BaseUnixMs = row.GetInt64(7),
                BaseUptimeMs = row.GetInt64(8),
                KernelBootId = row.GetString(9),
            });
        }

        return batches;
    });

    /// <inheritdoc/>
    public bool RemoveBatch(Guid bootId, ulong sequence, bool isLost) => Write(FaultPoint.RemoveBatch, "remove acknowledged telemetry", () =>
    {
        SpoolUsage before = MeasureSpool(), usage = before;
        _usage = null;
        using SqliteTransaction transaction = _connection.BeginTransaction();
        Drop(
            ref usage,
            "DELETE FROM spool WHERE boot_id = $boot AND sequence = $sequence RETURNING bytes, class, items",
            ("$boot", bootId.ToString("N")),
            ("$sequence", (long)sequence));
        usage = isLost ? usage : usage with { Losses = before.Losses };
        SaveLosses(before.Losses, usage.Losses);
        transaction.Commit();
        _usage = usage;
        return usage.Rows < before.Rows;
    });

    /// <inheritdoc/>
    public SpoolUsage ReadSpoolUsage() => Guard("measure spooled telemetry", MeasureSpool);

    private SpoolUsage MeasureSpool()
    {
        if (_usage is SpoolUsage known)
        {
            return known;
        }

        TelemetryLosses losses = LoadLosses();
        using SqliteCommand command = Command("SELECT coalesce(sum(bytes), 0), count(*) FROM spool");
        using SqliteDataReader row = command.ExecuteReader();
        row.Read();
        SpoolUsage measured = new(row.GetInt64(0), row.GetInt64(1), losses);
        _usage = measured;
        return measured;
    }

    /// <summary>Drops what was spooled before anything that is known to be too old, and that itself.</summary>
    private void DropOld(ref SpoolUsage usage, SpoolLimits limits)
    {
        if (limits.OldestUnixMs is long oldest)
        {
            using SqliteCommand command = Command(LastTooOld, ("$oldest", oldest));
            if (command.ExecuteScalar() is long last)
            {
                Drop(ref usage, "DELETE FROM spool WHERE id <= $id AND id < (SELECT max(id) FROM spool) RETURNING bytes, class, items", ("$id", last));
            }
        }
    }

    /// <summary>Drops from the old end of the least class until the limits hold; one batch alone stays whatever its size.</summary>
    private void DropExcess(ref SpoolUsage usage, SpoolLimits limits)
    {
        while (usage.Rows > 1 && (usage.Bytes > limits.Bytes || usage.Rows > limits.Rows))
        {
            Drop(
                ref usage,
                "DELETE FROM spool WHERE id = (SELECT id FROM spool ORDER BY class, id LIMIT 1) RETURNING bytes, class, items");
        }
    }

    private void Drop(ref SpoolUsage usage, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = Command(sql, parameters);
        using SqliteDataReader row = command.ExecuteReader();
        while (row.Read())
        {
            usage = new SpoolUsage(
                usage.Bytes - row.GetInt64(0), usage.Rows - 1, usage.Losses + SpoolDecisions.LossOf((SpoolClass)row.GetInt32(1), row.GetInt32(2)));
        }
    }

    private TelemetryLosses LoadLosses()
    {
        TelemetryLosses losses = default;
        using SqliteCommand command = Command("SELECT class, items FROM spool_loss");
        using SqliteDataReader row = command.ExecuteReader();
        while (row.Read())
        {
            losses += SpoolDecisions.LossOf((SpoolClass)row.GetInt32(0), row.GetInt64(1));
        }

        return losses;
    }

    private void SaveLosses(TelemetryLosses known, TelemetryLosses losses)
    {
        if (known == losses)
        {
            return;
        }

        foreach ((SpoolClass kind, ulong items) in SpoolDecisions.ByClass(losses))
        {
            Execute("INSERT OR REPLACE INTO spool_loss (class, items) VALUES ($class, $items)", ("$class", (long)kind), ("$items", (long)items));
        }
    }
}
