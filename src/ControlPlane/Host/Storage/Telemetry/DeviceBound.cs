namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>
/// Deletes what single devices have over their own bound in a table, so that one that comes back with a lot, or sends too much, does
/// not take the room of all. A device is counted when it got a part of its bound since the last time, and has at most that much over it.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="table">The table.</param>
/// <param name="most">Most rows of a device.</param>
internal sealed class DeviceBound(Database database, string table, long most)
{
    private const int RowsAtATime = 5_000, Parts = 10;

    private readonly Dictionary<string, long> _added = [];

    // Rows up to here are in the counts; the first sweep goes over all of them.
    private long _seen;

    /// <summary>Deletes what is over the bound now.</summary>
    internal async Task SweepAsync(CancellationToken cancellation)
    {
        foreach ((string device, long added) in await AddedAsync(cancellation))
        {
            _added[device] = _added.GetValueOrDefault(device) + added;
        }

        foreach (string device in _added.Where(one => one.Value >= Math.Max(1, most / Parts)).Select(one => one.Key).ToList())
        {
            long last = await database.ReadAsync(
                connection => connection.Number(RetentionStatements.NewestOver(table), 0, ("$device", device), ("$most", most)), cancellation);
            while (last != 0 && await database.WriteAsync(connection => connection.Execute(
                RetentionStatements.OfDevice(table), ("$device", device), ("$last", last), ("$some", RowsAtATime))) == RowsAtATime)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            _added.Remove(device);
        }
    }

    private async Task<List<(string Device, long Rows)>> AddedAsync(CancellationToken cancellation)
    {
        (long newest, List<(string, long)> added) = await database.ReadAsync(
            connection =>
            {
                long last = connection.Number(RetentionStatements.Newest(table), 0);
                return (last, connection.Query(
                    RetentionStatements.Added(table), static row => (row.GetString(0), row.GetInt64(1)), ("$from", _seen), ("$last", last)));
            },
            cancellation);
        _seen = Math.Max(_seen, newest);
        return added;
    }
}
