namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>State of grains: one row for each grain and state name.</summary>
public static class M0001GrainStorage
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(1, """
        CREATE TABLE grain_state (
            grain TEXT NOT NULL,
            name TEXT NOT NULL,
            etag INTEGER NOT NULL,
            payload TEXT NOT NULL,
            PRIMARY KEY (grain, name)
        ) WITHOUT ROWID;
        """);
}
