namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>
/// Identities of devices, tokens of devices and operators (of each only the SHA-256 of its secret), and what operators did. Times
/// are milliseconds since 1970. The audit log refuses changes itself, so that no code can make one by mistake.
/// </summary>
public static class M0007Identity
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(7, """
        CREATE TABLE device_identities (
            device TEXT NOT NULL PRIMARY KEY,
            state INTEGER NOT NULL,
            key_digest TEXT NOT NULL,
            labels TEXT NOT NULL,
            admission TEXT NOT NULL,
            serial_number TEXT NOT NULL,
            authority TEXT NOT NULL,
            not_after_ms INTEGER,
            trust_version INTEGER NOT NULL,
            changed_ms INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE enrolment_tokens (
            id TEXT NOT NULL PRIMARY KEY,
            secret_hash BLOB NOT NULL,
            labels TEXT NOT NULL,
            approval INTEGER NOT NULL,
            max_uses INTEGER NOT NULL,
            uses INTEGER NOT NULL,
            created_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL,
            revoked INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE api_tokens (
            id TEXT NOT NULL PRIMARY KEY,
            secret_hash BLOB NOT NULL,
            name TEXT NOT NULL,
            role INTEGER NOT NULL,
            created_ms INTEGER NOT NULL,
            expires_ms INTEGER,
            revoked INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at_ms INTEGER NOT NULL,
            actor TEXT NOT NULL,
            role TEXT NOT NULL,
            verb TEXT NOT NULL,
            object TEXT NOT NULL,
            status INTEGER NOT NULL,
            before_digest TEXT,
            after_digest TEXT
        );
        CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        """);
}
