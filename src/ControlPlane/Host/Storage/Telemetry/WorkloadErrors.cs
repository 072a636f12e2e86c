using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>Counts in the log lines that are kept. What counts is when they came: a device's clock may be wrong.</summary>
internal sealed class WorkloadErrors(Database database) : IWorkloadErrors
{
    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, int>> CountAsync(string vm, IReadOnlyDictionary<string, DateTimeOffset> since, int most) =>
        database.ReadAsync<IReadOnlyDictionary<string, int>>(connection => since.ToDictionary(
            device => device.Key,
            device => (int)connection.Number(
                """
                SELECT COUNT(*) FROM (
                    SELECT 1 FROM log_lines l JOIN telemetry_batches b ON b.id = l.batch
                    WHERE l.device = $device AND l.vm = $vm AND l.stream = $stream AND b.received_ms >= $since
                    ORDER BY l.cursor DESC LIMIT $most)
                """,
                0,
                ("$device", device.Key),
                ("$vm", vm),
                ("$stream", (int)LogStream.Stderr),
                ("$since", device.Value.ToUnixTimeMilliseconds()),
                ("$most", most))));
}
