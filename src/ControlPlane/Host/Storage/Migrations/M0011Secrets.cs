namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>
/// Secrets, each encrypted to a key of the vault; a row without a value is one that was deleted, so that a later one of its name
/// goes on counting. And the public keys of devices, which secrets are sealed to.
/// </summary>
public static class M0011Secrets
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(11, """
        CREATE TABLE secrets (
            name TEXT NOT NULL PRIMARY KEY,
            version INTEGER NOT NULL,
            key TEXT NOT NULL,
            value BLOB,
            size INTEGER NOT NULL,
            updated_ms INTEGER NOT NULL
        ) WITHOUT ROWID;

        ALTER TABLE device_identities ADD COLUMN public_key BLOB NOT NULL DEFAULT x'';
        """);
}
