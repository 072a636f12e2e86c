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
        int added = connection.Execute(
            """
            INSERT INTO telemetry_batches (device, boot_id, sequence, received_ms, dropped_log_lines)
            VALUES ($device, $boot, $sequence, $now, $dropped) ON CONFLICT DO NOTHING
            """,
            ("$device", device),
            ("$boot", batch.Header.BootId.ToByteArray(bigEndian: true)),
            ("$sequence", unchecked((long)batch.Header.Sequence)),
            ("$now", nowMs),
            ("$dropped", Signed(batch.DroppedLogLines)));
        if (added == 0)
        {
            return TelemetryVerdict.Duplicate;
        }

        long id = connection.Number("SELECT last_insert_rowid()", 0);
        StoreHosts(connection, device, id, batch.Hosts);
        StoreVms(connection, device, id, batch.Vms);
        EventStore.Store(connection, device, id, nowMs, batch.Events);
        return TelemetryVerdict.Stored;
    }

    private static void StoreHosts(SqliteConnection connection, string device, long batch, IReadOnlyList<HostSample> samples)
    {
        foreach (HostSample sample in samples)
        {
            connection.Execute(
                """
                INSERT INTO host_samples (batch, device, at_ms, cpu_permille, memory_used, memory_total, disk_used, disk_total, uptime_s, agent_resident)
                VALUES ($batch, $device, $at, $cpu, $memory_used, $memory_total, $disk_used, $disk_total, $uptime, $agent)
                """,
                ("$batch", batch),
                ("$device", device),
                ("$at", sample.AtUnixMs),
                ("$cpu", sample.CpuPermille),
                ("$memory_used", Signed(sample.MemoryUsedBytes)),
                ("$memory_total", Signed(sample.MemoryTotalBytes)),
                ("$disk_used", Signed(sample.DiskUsedBytes)),
                ("$disk_total", Signed(sample.DiskTotalBytes)),
                ("$uptime", Signed(sample.UptimeSeconds)),
                ("$agent", Signed(sample.AgentResidentBytes)));
        }
    }

    private static void StoreVms(SqliteConnection connection, string device, long batch, IReadOnlyList<VmSample> samples)
    {
        foreach (VmSample sample in samples)
        {
            connection.Execute(
                """
                INSERT INTO vm_samples (batch, device, vm, at_ms, cpu_permille, resident, phase,
                    guest_memory, guest_available, guest_load_permille, volume_bytes, volume_used, error_lines)
                VALUES ($batch, $device, $vm, $at, $cpu, $resident, $phase, $memory, $available, $load, $volumes, $used, $errors)
                """,
                ("$batch", batch),
                ("$device", device),
                ("$vm", sample.Name.Value),
                ("$at", sample.AtUnixMs),
                ("$cpu", sample.CpuPermille),
                ("$resident", Signed(sample.ResidentBytes)),
                ("$phase", sample.Phase.ToString()),
                ("$memory", Signed(sample.GuestMemoryBytes)),
                ("$available", Signed(sample.GuestAvailableBytes)),
                ("$load", sample.GuestLoadPermille),
                ("$volumes", Signed(sample.VolumeBytes)),
                ("$used", Signed(sample.VolumeUsedBytes)),
                ("$errors", sample.ErrorLines));
        }
    }

    /// <summary>SQLite's integers are signed: a number past their end is kept as their end.</summary>
    private static long Signed(ulong number) => number > long.MaxValue ? long.MaxValue : (long)number;
}
