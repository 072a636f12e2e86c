namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>
/// What retention asks of the database. One condition a statement, so that each finds its rows by an index; rows are looked for by
/// the oldest and no statement takes more than <c>$some</c>.
/// </summary>
internal static class RetentionStatements
{
    /// <summary>The tables whose rows belong to batches of devices alone.</summary>
    internal static readonly string[] TablesOfBatches = ["host_samples", "vm_samples", "metric_points"];

    /// <summary>
    /// The newest batch that came before <c>$oldest</c>. The plus keeps SQLite from walking the table from its end for the first
    /// id that will do, which is all of the table when there is none.
    /// </summary>
    internal const string NewestOldBatch = "SELECT MAX(+id) FROM telemetry_batches WHERE received_ms < $oldest";

    internal const string OldEvents =
        "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE received_ms < $oldest ORDER BY received_ms LIMIT $some)";

    internal const string SilentSeries =
        "DELETE FROM metric_series WHERE id IN (SELECT id FROM metric_series WHERE received_ms < $oldest ORDER BY received_ms LIMIT $some)";

    /// <summary>The end of the next piece of batches between <c>$from</c> and <c>$last</c>; nothing when it would be the last piece.</summary>
    internal const string EndOfPiece =
        "SELECT id FROM telemetry_batches WHERE id > $from AND id <= $last ORDER BY id LIMIT 1 OFFSET $some - 1";

    /// <summary>A batch that is sent again is known by its row: that stays for as long as anything of the batch does.</summary>
    internal const string BatchesWithoutRows =
        """
        DELETE FROM telemetry_batches WHERE id > $from AND id <= $last
            AND NOT EXISTS (SELECT 1 FROM host_samples WHERE batch = telemetry_batches.id)
            AND NOT EXISTS (SELECT 1 FROM vm_samples WHERE batch = telemetry_batches.id)
            AND NOT EXISTS (SELECT 1 FROM metric_points WHERE batch = telemetry_batches.id)
            AND NOT EXISTS (SELECT 1 FROM events WHERE batch > 0 AND batch = telemetry_batches.id)
        """;

    /// <summary>The tables whose rows are bound for each device as well.</summary>
    internal static readonly string[] TablesOfDevices = ["host_samples", "vm_samples", "events"];

    /// <summary>Everything, for who wants to see how SQLite goes about it.</summary>
    internal static IEnumerable<string> All =>
    [
        NewestOldBatch, OldEvents, SilentSeries, EndOfPiece, BatchesWithoutRows,
        .. TablesOfBatches.Select(OfOldBatches), .. TablesOfBatches.Append("events").SelectMany(table => new[] { Newest(table), OverTheCount(table) }),
        .. TablesOfDevices.SelectMany(table => new[] { NewestOver(table), OfDevice(table) }),
    ];

    internal static string OfOldBatches(string table) =>
        $"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE batch <= $batch ORDER BY batch LIMIT $some)";

    internal static string OverTheCount(string table) =>
        $"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE id <= $last ORDER BY id LIMIT $some)";

    /// <summary>How many rows each device got between <c>$from</c> and <c>$last</c>: over these rows, not over an index of all.</summary>
    internal static string Added(string table) =>
        $"SELECT device, COUNT(*) FROM {table} NOT INDEXED WHERE id > $from AND id <= $last AND device <> '' GROUP BY device";

    /// <summary>The newest row that a device has over <c>$most</c>.</summary>
    internal static string NewestOver(string table) => $"SELECT id FROM {table} WHERE device = $device ORDER BY id DESC LIMIT 1 OFFSET $most";

    internal static string OfDevice(string table) =>
        $"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE device = $device AND id <= $last ORDER BY id LIMIT $some)";

    internal static string Newest(string table) => $"SELECT MAX(id) FROM {table}";
}
