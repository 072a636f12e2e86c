using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Identity;
using Microsoft.Data.Sqlite;

namespace MicroVm.EdgeAgent.Store;

/// <summary>
/// The store on disk: one SQLite database in WAL mode with <c>synchronous=FULL</c>, so that a commit that returned
/// survives a power loss. One connection behind one lock: writes are few and each is one transaction.
/// </summary>
internal sealed partial class SqliteStore : IAgentStore
{
    private readonly Lock _lock = new();
    private readonly SqliteConnection _connection;

    private SqliteStore(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens or makes the database and brings its schema up to date.</summary>
    /// <exception cref="StoreException">The file is not a database of this agent or an older one, or cannot be opened.</exception>
    internal static SqliteStore Open(string path)
    {
        SqliteConnectionStringBuilder settings = new() { DataSource = path, Pooling = false, DefaultTimeout = 5 };
        SqliteConnection connection = new(settings.ConnectionString);
        SqliteStore store = new(connection);
        try
        {
            MakePrivate(path);
            connection.Open();
            store.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-512; PRAGMA wal_autocheckpoint=256; PRAGMA journal_size_limit=1048576;");
            store.Migrate();
            return store;
        }
        catch (SqliteException e)
        {
            store.Dispose();
            throw new StoreException($"{path}: cannot be opened as the agent's database: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            store.Dispose();
            throw new StoreException($"{path}: cannot be opened as the agent's database: {e.Message}", e);
        }
        catch (StoreException)
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>For the agent's user alone; SQLite gives its other files the mode of this one when it makes them.</summary>
    private static void MakePrivate(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite, UnixCreateMode = Private }))
        {
        }

        foreach (string file in (IEnumerable<string>)[path, path + "-wal", path + "-shm"])
        {
            if (File.Exists(file))
            {
                File.SetUnixFileMode(file, Private);
            }
        }
    }

    /// <inheritdoc/>
    public DesiredDocument? LoadDesired() => Guard("load desired state", () =>
    {
        using SqliteCommand command = Command("SELECT generation, digest, document FROM desired WHERE id = 1");
        using SqliteDataReader row = command.ExecuteReader();
        return row.Read()
            ? new DesiredDocument((ulong)row.GetInt64(0), Digest.Parse(row.GetString(1)), row.GetFieldValue<byte[]>(2))
            : null;
    });

    /// <inheritdoc/>
    public void SaveDesired(DesiredDocument document) => Write(FaultPoint.SaveDesired, "save desired state", () => Execute(
        """
        INSERT INTO desired (id, generation, digest, document) VALUES (1, $generation, $digest, $document)
        ON CONFLICT (id) DO UPDATE SET generation = $generation, digest = $digest, document = $document
        """,
        ("$generation", (long)document.Generation),
        ("$digest", document.Digest.Value),
        ("$document", document.Bytes)));

    /// <inheritdoc/>
    public IReadOnlyList<VmRecord> LoadVms() => Guard("load VM records", () =>
    {
        List<VmRecord> records = [];
        using SqliteCommand command = Command($"SELECT {VmRows.Columns} FROM vm ORDER BY name");
        using SqliteDataReader row = command.ExecuteReader();
        while (row.Read())
        {
            records.Add(VmRows.Read(row));
        }

        return records;
    });

    /// <inheritdoc/>
    public void SaveVm(VmRecord record) => Write(FaultPoint.SaveVm, "save VM record", () => Execute(VmRows.Upsert, VmRows.Parameters(record)));

    /// <inheritdoc/>
    public void RemoveVm(ResourceName name) => Write(FaultPoint.RemoveVm, "remove VM record", () => Execute("DELETE FROM vm WHERE name = $name", ("$name", name.Value)));

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _connection.Dispose();
        }
    }

    private void Migrate()
    {
        long version = Scalar("PRAGMA user_version");
        IReadOnlyList<string> migrations = Migrations.SchemaMigrations.All;
        if (version > migrations.Count && ReadOldestReader() > migrations.Count)
        {
            throw new StoreException(
                $"{_connection.DataSource}: expected a database of schema {migrations.Count} or older, found {version}: a newer agent wrote it");
        }

        for (; version < migrations.Count; version++)
        {
            using SqliteTransaction transaction = _connection.BeginTransaction();
            Execute(migrations[(int)version]);
            Execute($"PRAGMA user_version = {version + 1}");
            if (version + 1 == migrations.Count)
            {
                Execute(
                    "INSERT OR REPLACE INTO setting (name, value) VALUES ($name, $value)",
                    ("$name", Migrations.SchemaMigrations.OldestReaderSetting),
                    ("$value", $"{Migrations.SchemaMigrations.OldestReader}"));
            }

            transaction.Commit();
        }
    }

    /// <summary>What a newer agent left about who can work with its database; no agent can when it left nothing.</summary>
    private long ReadOldestReader()
    {
        bool hasSettings = Scalar("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'setting'") == 1;
        return hasSettings
            ? Scalar($"SELECT coalesce(max(CAST(value AS INTEGER)), {long.MaxValue}) FROM setting WHERE name = '{Migrations.SchemaMigrations.OldestReaderSetting}'")
            : long.MaxValue;
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }

    private int Execute(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = Command(sql, parameters);
        return command.ExecuteNonQuery();
    }

    private long Scalar(string sql)
    {
        using SqliteCommand command = Command(sql);
        return command.ExecuteScalar() is long value ? value : 0;
    }

    /// <summary>Runs one operation under the lock; what SQLite refuses becomes the one exception that callers know.</summary>
    private T Guard<T>(string operation, Func<T> body)
    {
        lock (_lock)
        {
            try
            {
                return body();
            }
            catch (SqliteException e)
            {
                throw new StoreException($"{operation}: {e.Message}", e);
            }
            catch (Exception e) when (e is FormatException or InvalidCastException or Shared.Faults.WireFormatException)
            {
                throw new StoreException($"{operation}: the database holds what no agent wrote: {e.Message}", e);
            }
        }
    }

    private T Write<T>(FaultPoint point, string operation, Func<T> body)
    {
        FaultPoints.Before(point);
        T result = Guard(operation, body);
        FaultPoints.After(point);
        return result;
    }
}
