using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.ControlPlane.Host.Storage.Events;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>
/// Keeps telemetry batches, each once, in tables of their own; no grain is involved. Log lines, which only agents of before sessions
/// send, are not kept: logs are on the devices.
/// </summary>
internal sealed class TelemetryStore(Database database, EventFeed events, TimeProvider time)
{
    /// <summary>Keeps a batch. It is on the disk when the task ends.</summary>
    internal async Task<TelemetryVerdict> StoreAsync(DeviceId device, TelemetryBatch batch)
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        TelemetryVerdict verdict = await database.WriteAsync(connection => Store(connection, device.Value, batch, now));
        if (verdict == TelemetryVerdict.Stored && batch.Events.Count > 0)
        {
            events.Announce(device.Value);
        }

        return verdict;
    }

    private static TelemetryVerdict Store(SqliteConnection connection, string device, TelemetryBatch batch, long nowMs)
    {
        if (!SqliteDeviceDirectory.Contains(connection, device))
        {
            return TelemetryVerdict.Unregistered;
        }

        connection.Execute("UPDATE devices SET last_seen_ms = $now WHERE id = $device", ("$now", nowMs), ("$device", device));
        ClockCorrection clock = ClockCorrection.Of(batch, nowMs);
        int added = connection.Execute(
            """
            INSERT INTO telemetry_batches (device, boot_id, sequence, received_ms, dropped_log_lines, clock, shift_ms)
            VALUES ($device, $boot, $sequence, $now, $dropped, $clock, $shift) ON CONFLICT DO NOTHING
            """,
            ("$device", device),
            ("$boot", batch.Header.BootId.ToByteArray(bigEndian: true)),
            ("$sequence", unchecked((long)batch.Header.Sequence)),
            ("$now", nowMs),
            ("$dropped", Signed(batch.DroppedLogLines)),
            ("$clock", (int)clock.Mark),
            ("$shift", clock.ShiftMs));
        if (added == 0)
        {
            return TelemetryVerdict.Duplicate;
        }

        long id = connection.Number("SELECT last_insert_rowid()", 0);
        StoreHosts(connection, device, id, clock, batch.Hosts);
        StoreVms(connection, device, id, clock, batch.Vms);
        MetricStore.Store(connection, device, id, nowMs, clock, batch.Metrics);
        EventStore.Store(connection, device, id, nowMs, clock, batch.Events);
        StoreLosses(connection, device, batch.Losses);
        return TelemetryVerdict.Stored;
    }

    /// <summary>A device counts on for as long as its disk lasts: what it says last is all of it.</summary>
    private static void StoreLosses(SqliteConnection connection, string device, TelemetryLosses losses)
    {
        if (losses.IsEmpty)
        {
            connection.Execute("DELETE FROM telemetry_losses WHERE device = $device", ("$device", device));
        }
        else
        {
            connection.Execute(
                "INSERT OR REPLACE INTO telemetry_losses (device, samples, metrics, events) VALUES ($device, $samples, $metrics, $events)",
                ("$device", device),
                ("$samples", Signed(losses.Samples)),
                ("$metrics", Signed(losses.Metrics)),
                ("$events", Signed(losses.Events)));
        }
    }

    private static void StoreHosts(SqliteConnection connection, string device, long batch, ClockCorrection clock, IReadOnlyList<HostSample> samples)
    {
        foreach (HostSample sample in samples)
        {
            connection.Execute(
                """
                INSERT INTO host_samples (batch, device, at_ms, cpu_permille, memory_used, memory_total, disk_used, disk_total, uptime_s, agent_resident,
                    clock, cores, pressure_cpu, pressure_memory, pressure_memory_full, pressure_io, pressure_io_full, temperature, network_received, network_sent)
                VALUES ($batch, $device, $at, $cpu, $memory_used, $memory_total, $disk_used, $disk_total, $uptime, $agent,
                    $clock, $cores, $pressure_cpu, $pressure_memory, $pressure_memory_full, $pressure_io, $pressure_io_full, $temperature, $received, $sent)
                """,
                ("$batch", batch),
                ("$device", device),
                ("$at", clock.Apply(sample.AtUnixMs)),
                ("$cpu", sample.CpuPermille),
                ("$memory_used", Signed(sample.MemoryUsedBytes)),
                ("$memory_total", Signed(sample.MemoryTotalBytes)),
                ("$disk_used", Signed(sample.DiskUsedBytes)),
                ("$disk_total", Signed(sample.DiskTotalBytes)),
                ("$uptime", Signed(sample.UptimeSeconds)),
                ("$agent", Signed(sample.AgentResidentBytes)),
                ("$clock", (int)clock.Mark),
                ("$cores", string.Join(',', sample.CoreCpuPermille)),
                ("$pressure_cpu", sample.Pressure.CpuSome),
                ("$pressure_memory", sample.Pressure.MemorySome),
                ("$pressure_memory_full", sample.Pressure.MemoryFull),
                ("$pressure_io", sample.Pressure.IoSome),
                ("$pressure_io_full", sample.Pressure.IoFull),
                ("$temperature", sample.TemperatureMilliCelsius is int temperature ? temperature : DBNull.Value),
                ("$received", Signed(sample.NetworkReceivedBytes)),
                ("$sent", Signed(sample.NetworkSentBytes)));
        }
    }

    private static void StoreVms(SqliteConnection connection, string device, long batch, ClockCorrection clock, IReadOnlyList<VmSample> samples)
    {
        foreach (VmSample sample in samples)
        {
            connection.Execute(
                """
                INSERT INTO vm_samples (batch, device, vm, at_ms, cpu_permille, resident, phase,
                    guest_memory, guest_available, guest_load_permille, volume_bytes, volume_used, error_lines,
                    balloon_mib, block_read, block_written, network_received, network_sent, restarts, exits)
                VALUES ($batch, $device, $vm, $at, $cpu, $resident, $phase, $memory, $available, $load, $volumes, $used, $errors,
                    $balloon, $read, $written, $received, $sent, $restarts, $exits)
                """,
                ("$batch", batch),
                ("$device", device),
                ("$vm", sample.Name.Value),
                ("$at", clock.Apply(sample.AtUnixMs)),
                ("$cpu", sample.CpuPermille),
                ("$resident", Signed(sample.ResidentBytes)),
                ("$phase", sample.Phase.ToString()),
                ("$memory", Signed(sample.GuestMemoryBytes)),
                ("$available", Signed(sample.GuestAvailableBytes)),
                ("$load", sample.GuestLoadPermille),
                ("$volumes", Signed(sample.VolumeBytes)),
                ("$used", Signed(sample.VolumeUsedBytes)),
                ("$errors", sample.ErrorLines),
                ("$balloon", sample.BalloonMib),
                ("$read", Signed(sample.BlockReadBytes)),
                ("$written", Signed(sample.BlockWrittenBytes)),
                ("$received", Signed(sample.NetworkReceivedBytes)),
                ("$sent", Signed(sample.NetworkSentBytes)),
                ("$restarts", sample.Restarts),
                ("$exits", Signed(sample.Exits)));
        }
    }

    /// <summary>SQLite's integers are signed: a number past their end is kept as their end.</summary>
    private static long Signed(ulong number) => number > long.MaxValue ? long.MaxValue : (long)number;
}
