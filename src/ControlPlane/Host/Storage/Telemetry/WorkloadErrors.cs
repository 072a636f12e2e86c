using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.Shared.Contracts.Telemetry;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>
/// Counts lines on standard error: in the log lines that are kept, and by what samples say, because a device that keeps its log to
/// itself sends no lines. What counts is when they came: a device's clock may be wrong.
/// </summary>
internal sealed class WorkloadErrors(Database database) : IWorkloadErrors
{
    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, int>> CountAsync(string vm, IReadOnlyDictionary<string, DateTimeOffset> since, int most) =>
        database.ReadAsync<IReadOnlyDictionary<string, int>>(connection => since.ToDictionary(
            device => device.Key,
            device => (int)Math.Min(most, Math.Max(
                InLines(connection, vm, device.Key, device.Value.ToUnixTimeMilliseconds(), most),
                InSamples(connection, vm, device.Key, device.Value.ToUnixTimeMilliseconds())))));

    private static long InLines(SqliteConnection connection, string vm, string device, long sinceMs, int most) => connection.Number(
        """
        SELECT COUNT(*) FROM (
            SELECT 1 FROM log_lines l JOIN telemetry_batches b ON b.id = l.batch
            WHERE l.device = $device AND l.vm = $vm AND l.stream = $stream AND b.received_ms >= $since
            ORDER BY l.cursor DESC LIMIT $most)
        """,
        0,
        ("$device", device),
        ("$vm", vm),
        ("$stream", (int)LogStream.Stderr),
        ("$since", sinceMs),
        ("$most", most));

    private static long InSamples(SqliteConnection connection, string vm, string device, long sinceMs) => connection.Number(
        """
        SELECT SUM(s.error_lines) FROM telemetry_batches b JOIN vm_samples s ON s.batch = b.id
        WHERE b.received_ms >= $since AND b.device = $device AND s.vm = $vm
        """,
        0,
        ("$device", device),
        ("$vm", vm),
        ("$since", sinceMs));
}
