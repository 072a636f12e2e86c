namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>What finds grains: devices by label, deployments by selector. The grains' own state stays the truth.</summary>
public static class M0002Directories
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(2, """
        CREATE TABLE devices (
            id TEXT NOT NULL PRIMARY KEY,
            last_seen_ms INTEGER
        ) WITHOUT ROWID;

        CREATE TABLE device_labels (
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            device TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
            PRIMARY KEY (name, value, device)
        ) WITHOUT ROWID;
        CREATE INDEX device_labels_device ON device_labels (device);

        CREATE TABLE deployments (
            name TEXT NOT NULL PRIMARY KEY,
            vm_name TEXT NOT NULL,
            selector TEXT NOT NULL,
            deleting INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX deployments_vm_name ON deployments (vm_name);
        """);
}
