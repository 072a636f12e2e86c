using MicroVm.ControlPlane.Abstractions.Rollouts;

namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>
/// Adds up what devices counted, sample by sample. What counts is when the lines were written, which may be long before they came;
/// where nothing places a batch in time, all that is known is that they were written before they came.
/// </summary>
internal sealed class WorkloadErrors(Database database) : IWorkloadErrors
{
    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, int>> CountAsync(string vm, IReadOnlyDictionary<string, DateTimeOffset> since, int most) =>
        database.ReadAsync<IReadOnlyDictionary<string, int>>(connection => since.ToDictionary(
            device => device.Key,
            device => (int)connection.Number(
                $"""
                SELECT MIN(SUM(s.error_lines), $most) FROM vm_samples s JOIN telemetry_batches b ON b.id = s.batch
                WHERE s.device = $device AND s.vm = $vm AND s.error_lines > 0 AND b.received_ms >= $since
                    AND (s.at_ms >= $since OR b.clock NOT IN ({(int)TimeMark.Synchronised}, {(int)TimeMark.Corrected}))
                """,
                0,
                ("$device", device.Key),
                ("$vm", vm),
                ("$since", device.Value.ToUnixTimeMilliseconds()),
                ("$most", most))));
}
