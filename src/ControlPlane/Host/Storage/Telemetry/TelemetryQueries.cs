using MicroVm.Shared.Contracts.Api;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>Reads what <see cref="TelemetryStore"/> keeps.</summary>
internal sealed class TelemetryQueries(Database database)
{
    /// <summary>A VM's sample belongs to the device's sample next to it in time in its batch when they are at most this far apart.</summary>
    private const long SameMomentMs = 2_000;

    private const string HostColumns =
        "h.device, h.at_ms, h.cpu_permille, h.memory_used, h.memory_total, h.disk_used, h.disk_total, h.uptime_s, h.agent_resident, "
        + "h.clock, h.cores, h.pressure_cpu, h.pressure_memory, h.pressure_memory_full, h.pressure_io, h.pressure_io_full, h.temperature, "
        + "h.network_received, h.network_sent, b.boot_id, b.sequence, h.batch";

    /// <summary>A batch is kept for as long as its samples; an earlier version forgot some before.</summary>
    private const string Hosts = "host_samples h LEFT JOIN telemetry_batches b ON b.id = h.batch";

    private const string VmColumns =
        "at_ms, vm, cpu_permille, resident, phase, guest_memory, guest_available, guest_load_permille, volume_bytes, volume_used, error_lines, "
        + "balloon_mib, block_read, block_written, network_received, network_sent, restarts, exits, batch";

    /// <summary>The newest samples of a device, newest first.</summary>
    internal Task<List<TelemetryView>> SamplesAsync(string device, int count, CancellationToken cancellationToken) => database.ReadAsync(
        connection => WithVms(connection, connection.Query(
            $"SELECT {HostColumns} FROM {Hosts} WHERE h.device = $device ORDER BY h.id DESC LIMIT $count",
            ReadHost,
            ("$device", device),
            ("$count", count))),
        cancellationToken);

    /// <summary>The newest sample of every device, ordered by device.</summary>
    internal Task<List<TelemetryView>> NewestAsync(CancellationToken cancellationToken) => database.ReadAsync(
        connection => WithVms(connection, connection.Query(
            $"""
            SELECT {HostColumns} FROM devices CROSS JOIN {Hosts}
            WHERE h.id = (SELECT MAX(id) FROM host_samples WHERE device = devices.id) ORDER BY devices.id
            """,
            ReadHost)),
        cancellationToken);

    /// <summary>When telemetry of a device came last; null when never.</summary>
    internal Task<DateTimeOffset?> LastSeenAsync(string device, CancellationToken cancellationToken) => database.ReadAsync(
        connection => connection.Number("SELECT last_seen_ms FROM devices WHERE id = $device", 0, ("$device", device)) is > 0 and long ms
            ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : (DateTimeOffset?)null,
        cancellationToken);

    /// <summary>What a device has lost; null when nothing.</summary>
    internal Task<TelemetryLossView?> LossesAsync(string device, CancellationToken cancellationToken) => database.ReadAsync(
        connection => connection.Query(
            "SELECT samples, metrics, events FROM telemetry_losses WHERE device = $device",
            static row => new TelemetryLossView((ulong)row.GetInt64(0), (ulong)row.GetInt64(1), (ulong)row.GetInt64(2)),
            ("$device", device)).FirstOrDefault(),
        cancellationToken);

    /// <summary>A look at a device is one sample of it and one of each VM, all in one batch.</summary>
    private static List<TelemetryView> WithVms(SqliteConnection connection, List<HostRow> hosts)
    {
        ILookup<long, VmRow> vms = connection.Query(
            $"SELECT {VmColumns} FROM vm_samples WHERE batch IN (SELECT value FROM json_each($batches))",
            static row => new VmRow(row.GetInt64(18), row.GetInt64(0), ReadVm(row)),
            ("$batches", $"[{string.Join(',', hosts.Select(host => host.Batch).Distinct())}]")).ToLookup(vm => vm.Batch);
        return [.. hosts.Select(host => host.View with { Vms = At(host.AtMs, vms[host.Batch]) })];
    }

    private static List<VmSampleView> At(long momentMs, IEnumerable<VmRow> vms) =>
        [.. vms.GroupBy(vm => vm.View.Name)
            .OrderBy(samples => samples.Key, StringComparer.Ordinal)
            .Select(samples => samples.MinBy(sample => Apart(sample.AtMs, momentMs)))
            .Where(sample => Apart(sample.AtMs, momentMs) <= SameMomentMs)
            .Select(sample => sample.View)];

    // Times are whatever a device said: their difference may not fit.
    private static double Apart(long a, long b) => Math.Abs((double)a - b);

    private static VmSampleView ReadVm(SqliteDataReader row) => new(row.GetString(1), row.GetInt32(2), (ulong)row.GetInt64(3), row.GetString(4))
    {
        GuestMemoryBytes = (ulong)row.GetInt64(5),
        GuestAvailableBytes = (ulong)row.GetInt64(6),
        GuestLoadPermille = row.GetInt32(7),
        VolumeBytes = (ulong)row.GetInt64(8),
        VolumeUsedBytes = (ulong)row.GetInt64(9),
        ErrorLines = row.GetInt32(10),
        BalloonMib = row.GetInt32(11),
        BlockReadBytes = (ulong)row.GetInt64(12),
        BlockWrittenBytes = (ulong)row.GetInt64(13),
        NetworkReceivedBytes = (ulong)row.GetInt64(14),
        NetworkSentBytes = (ulong)row.GetInt64(15),
        Restarts = row.GetInt32(16),
        Exits = (ulong)row.GetInt64(17),
    };

    private static HostRow ReadHost(SqliteDataReader row) => new(row.GetInt64(21), row.GetInt64(1), ReadView(row));

    private static TelemetryView ReadView(SqliteDataReader row) => new(
        row.GetString(0),
        DeviceClock.FromUnixMs(row.GetInt64(1)),
        row.GetInt32(2),
        (ulong)row.GetInt64(3),
        (ulong)row.GetInt64(4),
        (ulong)row.GetInt64(5),
        (ulong)row.GetInt64(6),
        (ulong)row.GetInt64(7),
        (ulong)row.GetInt64(8),
        [])
    {
        Clock = ((TimeMark)row.GetInt32(9)).ToString(),
        CoreCpuPermille = [.. row.GetString(10).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)],
        PressureCpu = row.GetInt32(11),
        PressureMemory = row.GetInt32(12),
        PressureMemoryFull = row.GetInt32(13),
        PressureIo = row.GetInt32(14),
        PressureIoFull = row.GetInt32(15),
        TemperatureMilliCelsius = row.IsDBNull(16) ? null : row.GetInt32(16),
        NetworkReceivedBytes = (ulong)row.GetInt64(17),
        NetworkSentBytes = (ulong)row.GetInt64(18),
        BootId = row.IsDBNull(19) ? null : new Guid(row.GetFieldValue<byte[]>(19), bigEndian: true),
        Sequence = row.IsDBNull(20) ? 0 : unchecked((ulong)row.GetInt64(20)),
    };

    private readonly record struct HostRow(long Batch, long AtMs, TelemetryView View);

    private readonly record struct VmRow(long Batch, long AtMs, VmSampleView View);
}
