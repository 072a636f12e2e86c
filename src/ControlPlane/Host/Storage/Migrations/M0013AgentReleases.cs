namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>Releases of the agent, one row for each architecture; the files are in the data directory by digest.</summary>
public static class M0013AgentReleases
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(13, """
        CREATE TABLE agent_releases (
            version TEXT NOT NULL,
            architecture TEXT NOT NULL,
            digest TEXT NOT NULL UNIQUE,
            manifest BLOB NOT NULL,
            created_ms INTEGER NOT NULL,
            PRIMARY KEY (version, architecture)
        ) WITHOUT ROWID;
        """);
}
