namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>
/// Telemetry. Row ids rise with arrival; <c>at</c> is the device's clock, which may be wrong. A row of
/// <c>telemetry_batches</c> is what makes a repeated batch harmless.
/// </summary>
public static class M0004Telemetry
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(4, """
        CREATE TABLE telemetry_batches (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            device TEXT NOT NULL,
            boot_id BLOB NOT NULL,
            sequence INTEGER NOT NULL,
            received_ms INTEGER NOT NULL,
            dropped_log_lines INTEGER NOT NULL,
            UNIQUE (device, boot_id, sequence)
        );
        CREATE INDEX telemetry_batches_received ON telemetry_batches (received_ms);

        CREATE TABLE host_samples (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            batch INTEGER NOT NULL,
            device TEXT NOT NULL,
            at_ms INTEGER NOT NULL,
            cpu_permille INTEGER NOT NULL,
            memory_used INTEGER NOT NULL,
            memory_total INTEGER NOT NULL,
            disk_used INTEGER NOT NULL,
            disk_total INTEGER NOT NULL,
            uptime_s INTEGER NOT NULL,
            agent_resident INTEGER NOT NULL
        );
        CREATE INDEX host_samples_device ON host_samples (device, id);
        CREATE INDEX host_samples_batch ON host_samples (batch);

        CREATE TABLE vm_samples (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            batch INTEGER NOT NULL,
            device TEXT NOT NULL,
            vm TEXT NOT NULL,
            at_ms INTEGER NOT NULL,
            cpu_permille INTEGER NOT NULL,
            resident INTEGER NOT NULL,
            phase TEXT NOT NULL
        );
        CREATE INDEX vm_samples_device ON vm_samples (device, at_ms);
        CREATE INDEX vm_samples_batch ON vm_samples (batch);

        CREATE TABLE log_lines (
            cursor INTEGER PRIMARY KEY AUTOINCREMENT,
            batch INTEGER NOT NULL,
            device TEXT NOT NULL,
            vm TEXT NOT NULL,
            at_ns INTEGER NOT NULL,
            stream INTEGER NOT NULL,
            text TEXT NOT NULL
        );
        CREATE INDEX log_lines_vm ON log_lines (device, vm, cursor);
        CREATE INDEX log_lines_batch ON log_lines (batch);
        """);
}
