using Microsoft.Data.Sqlite;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Storage.Migrations;

namespace MicroVm.ControlPlane.Host.Storage;

/// <summary>
/// The control plane's SQLite database (WAL, <c>synchronous=FULL</c>). Writes go one after another through one thread and
/// are durable when their task ends; reads run beside them on the thread pool, each on a snapshot of its own.
/// </summary>
public sealed class Database : IDisposable
{
    private readonly string _connectionString;
    private readonly DatabaseWriter _writer;

    private Database(string connectionString)
    {
        _connectionString = connectionString;
        _writer = new DatabaseWriter(Connect());
    }

    /// <summary>Opens the database, makes it when it is missing, and brings its tables up to date.</summary>
    /// <exception cref="ControlPlaneConfigurationException">The file is not a database that this program can use.</exception>
    public static Database Open(DataDirectory directory)
    {
        SqliteConnectionStringBuilder builder = new()
        {
            DataSource = directory.DatabaseFile,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = true,
        };
        try
        {
            Database database = new(builder.ToString());
            try
            {
                database.WriteAsync(MigrationRunner.Run).GetAwaiter().GetResult();
                return database;
            }
            catch
            {
                database.Dispose();
                throw;
            }
        }
        catch (SqliteException e)
        {
            throw new ControlPlaneConfigurationException(
                ExitCode.DataDirectory, $"database {directory.DatabaseFile}: expected a database of this program: {e.Message}", e);
        }
    }

    /// <summary>
    /// Runs statements that change the database, all or none of them, and waits until they are on the disk.
    /// The function runs on the writer's thread and must not wait for anything but SQLite.
    /// </summary>
    public Task<T> WriteAsync<T>(Func<SqliteConnection, T> write) => _writer.EnqueueAsync(write);

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Action<SqliteConnection> write) => _writer.EnqueueAsync(connection =>
    {
        write(connection);
        return 0;
    });

    /// <summary>Runs queries on one snapshot of the database.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken = default) => Task.Run(
        () =>
        {
            using SqliteConnection connection = Connect();
            using SqliteTransaction snapshot = connection.BeginTransaction(deferred: true);
            return read(connection);
        },
        cancellationToken);

    /// <summary>Finishes the writes that wait and closes the file.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        using SqliteConnection ours = new(_connectionString);
        SqliteConnection.ClearPool(ours);
    }

    private SqliteConnection Connect()
    {
        SqliteConnection connection = new(_connectionString);
        try
        {
            connection.Open();
            connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000; PRAGMA foreign_keys=ON");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
