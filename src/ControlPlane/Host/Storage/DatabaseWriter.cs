using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage;

/// <summary>
/// One thread that writes. What waits while a transaction is being synchronised goes into the next one together, so that
/// many devices share the disk's flushes; a write that throws is rolled back to its own savepoint and fails alone.
/// </summary>
internal sealed class DatabaseWriter : IDisposable
{
    private const int MaxBatch = 256;

    private readonly BlockingCollection<IJob> _jobs = [];
    private readonly SqliteConnection _connection;
    private readonly Thread _thread;

    internal DatabaseWriter(SqliteConnection connection)
    {
        _connection = connection;
        _thread = new Thread(Run) { Name = "database writer", IsBackground = true };
        _thread.Start();
    }

    private interface IJob
    {
        /// <summary>Runs the job; remembers its outcome and throws nothing.</summary>
        /// <returns>False when what it did must be rolled back.</returns>
        bool Run(SqliteConnection connection);

        /// <summary>Tells the waiter the outcome, or the fault that hit the whole transaction.</summary>
        void Finish(Exception? fault);
    }

    internal Task<T> EnqueueAsync<T>(Func<SqliteConnection, T> write)
    {
        Job<T> job = new(write);
        try
        {
            _jobs.Add(job);
        }
        catch (InvalidOperationException e)
        {
            throw new ObjectDisposedException("the database is closed", e);
        }

        return job.Task;
    }

    public void Dispose()
    {
        _jobs.CompleteAdding();
        _thread.Join();
        _connection.Dispose();
        _jobs.Dispose();
    }

    private void Run()
    {
        List<IJob> batch = [];
        foreach (IJob first in _jobs.GetConsumingEnumerable())
        {
            batch.Add(first);
            while (batch.Count < MaxBatch && _jobs.TryTake(out IJob? next))
            {
                batch.Add(next);
            }

            Exception? fault = Commit(batch);
            batch.ForEach(job => job.Finish(fault));
            batch.Clear();
        }
    }

    private Exception? Commit(List<IJob> batch)
    {
        try
        {
            _connection.Execute("BEGIN IMMEDIATE");
            foreach (IJob job in batch)
            {
                _connection.Execute("SAVEPOINT job");
                _connection.Execute(job.Run(_connection) ? "RELEASE job" : "ROLLBACK TO job; RELEASE job");
            }

            _connection.Execute("COMMIT");
            return null;
        }
        catch (SqliteException e)
        {
            RollBack();
            return e;
        }
    }

    private void RollBack()
    {
        try
        {
            _connection.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite ends the transaction by itself on some faults (disk full, I/O); then there is nothing to roll back.
        }
    }

    private sealed class Job<T>(Func<SqliteConnection, T> write) : IJob
    {
        // Continuations of callers must not run on the writer's thread.
        private readonly TaskCompletionSource<T> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;
        private Exception? _ownFault;

        internal Task<T> Task => _outcome.Task;

        public bool Run(SqliteConnection connection)
        {
            try
            {
                _result = write(connection);
                return true;
            }
            catch (Exception e)
            {
                _ownFault = e;
                return false;
            }
        }

        public void Finish(Exception? fault)
        {
            if ((_ownFault ?? fault) is Exception e)
            {
                _outcome.SetException(e);
            }
            else
            {
                _outcome.SetResult(_result!);
            }
        }
    }
}
