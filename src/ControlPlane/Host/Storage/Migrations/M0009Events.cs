namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>
/// Events of devices and of the control plane (those have batch 0), and what guests say of themselves. Ids rise with arrival;
/// <c>at_ms</c> is the clock of whoever the event is of.
/// </summary>
public static class M0009Events
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(9, """
        CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            batch INTEGER NOT NULL,
            received_ms INTEGER NOT NULL,
            at_ms INTEGER NOT NULL,
            device TEXT NOT NULL,
            vm TEXT NOT NULL,
            is_warning INTEGER NOT NULL,
            reason TEXT NOT NULL,
            message TEXT NOT NULL
        );
        CREATE INDEX events_device ON events (device, id);
        CREATE INDEX events_received ON events (received_ms);

        ALTER TABLE vm_samples ADD COLUMN guest_memory INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE vm_samples ADD COLUMN guest_available INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE vm_samples ADD COLUMN guest_load_permille INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE vm_samples ADD COLUMN volume_bytes INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE vm_samples ADD COLUMN volume_used INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE vm_samples ADD COLUMN error_lines INTEGER NOT NULL DEFAULT 0;
        """);
}
