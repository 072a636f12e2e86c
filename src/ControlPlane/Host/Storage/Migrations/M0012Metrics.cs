namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>
/// What samples hold more, workloads' metrics by series, and how far times can be believed. From here on <c>at_ms</c> is corrected
/// where a batch lets it be: <c>telemetry_batches.shift_ms</c> is what was added to the device's clock.
/// </summary>
public static class M0012Metrics
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(12, """
        ALTER TABLE telemetry_batches ADD COLUMN clock INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE telemetry_batches ADD COLUMN shift_ms INTEGER NOT NULL DEFAULT 0;

        ALTER TABLE host_samples ADD COLUMN clock INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE host_samples ADD COLUMN cores TEXT NOT NULL DEFAULT '';
        ALTER TABLE host_samples ADD COLUMN pressure_cpu INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE host_samples ADD COLUMN pressure_memory INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE host_samples ADD COLUMN pressure_memory_full INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE host_samples ADD COLUMN pressure_io INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE host_samples ADD COLUMN pressure_io_full INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE host_samples ADD COLUMN temperature INTEGER;
        ALTER TABLE host_samples ADD COLUMN network_received INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE host_samples ADD COLUMN network_sent INTEGER NOT NULL DEFAULT 0;

        ALTER TABLE vm_samples ADD COLUMN balloon_mib INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE vm_samples ADD COLUMN block_read INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE vm_samples ADD COLUMN block_written INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE vm_samples ADD COLUMN network_received INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE vm_samples ADD COLUMN network_sent INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE vm_samples ADD COLUMN restarts INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE vm_samples ADD COLUMN exits INTEGER NOT NULL DEFAULT 0;

        CREATE TABLE metric_series (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            device TEXT NOT NULL,
            vm TEXT NOT NULL,
            name TEXT NOT NULL,
            unit TEXT NOT NULL,
            labels TEXT NOT NULL,
            at_ms INTEGER NOT NULL,
            value REAL NOT NULL,
            received_ms INTEGER NOT NULL,
            UNIQUE (device, vm, name, unit, labels)
        );
        CREATE INDEX metric_series_received ON metric_series (received_ms);

        CREATE TABLE metric_points (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            batch INTEGER NOT NULL,
            series INTEGER NOT NULL,
            at_ms INTEGER NOT NULL,
            value REAL NOT NULL
        );
        CREATE INDEX metric_points_series ON metric_points (series, id);
        CREATE INDEX metric_points_batch ON metric_points (batch);

        CREATE TABLE telemetry_losses (
            device TEXT PRIMARY KEY,
            samples INTEGER NOT NULL,
            metrics INTEGER NOT NULL,
            events INTEGER NOT NULL
        ) WITHOUT ROWID;
        """);
}
