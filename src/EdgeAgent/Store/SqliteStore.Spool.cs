using Microsoft.Data.Sqlite;

namespace MicroVm.EdgeAgent.Store;

internal sealed partial class SqliteStore
{
    /// <summary>What <see cref="MeasureSpool"/> would find; null when it has to be asked. Counting reads the whole table.</summary>
    private SpoolUsage? _usage;

    /// <inheritdoc/>
    public long AppendBatch(SpooledBatch batch, SpoolLimits limits) => Guard("spool telemetry", () =>
    {
        SpoolUsage usage = MeasureSpool();
        _usage = null;
        using SqliteTransaction transaction = _connection.BeginTransaction();
        Execute(
            "INSERT INTO spool (boot_id, sequence, bytes, payload) VALUES ($boot, $sequence, $bytes, $payload)",
            ("$boot", batch.BootId.ToString("N")),
            ("$sequence", (long)batch.Sequence),
            ("$bytes", (long)batch.Payload.Length),
            ("$payload", batch.Payload));
        usage = new SpoolUsage(usage.Bytes + batch.Payload.Length, usage.Rows + 1);
        long dropped = Evict(ref usage, limits);
        transaction.Commit();
        _usage = usage;
        return dropped;
    });

    /// <inheritdoc/>
    public IReadOnlyList<SpooledBatch> ReadBatches(long afterId, int count) => Guard("read spooled telemetry", () =>
    {
        List<SpooledBatch> batches = [];
        using SqliteCommand command = Command(
            "SELECT id, boot_id, sequence, payload FROM spool WHERE id > $after ORDER BY id LIMIT $count",
            ("$after", afterId),
            ("$count", (long)count));
        using SqliteDataReader row = command.ExecuteReader();
        while (row.Read())
        {
            batches.Add(new SpooledBatch(
                row.GetInt64(0),
                Guid.Parse(row.GetString(1)),
                (ulong)row.GetInt64(2),
                row.GetFieldValue<byte[]>(3)));
        }

        return batches;
    });

    /// <inheritdoc/>
    public bool RemoveBatch(Guid bootId, ulong sequence) => Guard("remove acknowledged telemetry", () =>
    {
        SpoolUsage usage = MeasureSpool();
        _usage = null;
        using SqliteCommand command = Command(
            "DELETE FROM spool WHERE boot_id = $boot AND sequence = $sequence RETURNING bytes",
            ("$boot", bootId.ToString("N")),
            ("$sequence", (long)sequence));
        bool removed = command.ExecuteScalar() is long bytes && Shrink(ref usage, bytes);
        _usage = usage;
        return removed;
    });

    /// <inheritdoc/>
    public SpoolUsage ReadSpoolUsage() => Guard("measure spooled telemetry", MeasureSpool);

    private SpoolUsage MeasureSpool()
    {
        if (_usage is SpoolUsage known)
        {
            return known;
        }

        using SqliteCommand command = Command("SELECT coalesce(sum(bytes), 0), count(*) FROM spool");
        using SqliteDataReader row = command.ExecuteReader();
        row.Read();
        SpoolUsage measured = new(row.GetInt64(0), row.GetInt64(1));
        _usage = measured;
        return measured;
    }

    private static bool Shrink(ref SpoolUsage usage, long bytes)
    {
        usage = new SpoolUsage(usage.Bytes - bytes, usage.Rows - 1);
        return true;
    }

    /// <summary>Drops from the old end until the limits hold; the newest batch stays whatever its size.</summary>
    private long Evict(ref SpoolUsage usage, SpoolLimits limits)
    {
        long batches = 0;
        while (usage.Rows > 1 && (usage.Bytes > limits.Bytes || usage.Rows > limits.Rows))
        {
            using SqliteCommand command = Command("DELETE FROM spool WHERE id = (SELECT min(id) FROM spool) RETURNING bytes");
            Shrink(ref usage, command.ExecuteScalar() is long bytes ? bytes : 0);
            batches++;
        }

        return batches;
    }
}
