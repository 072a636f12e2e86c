namespace MicroVm.EdgeAgent.Store.Migrations;

/// <summary>
/// The database's schema as the steps that lead to it. Step N takes a database from <c>user_version</c> N to N + 1.
/// A released step never changes. An agent that falls back to the one from before finds a database of a later schema: a step
/// may add tables, and columns that have a default, and nothing else without raising <see cref="OldestReader"/>.
/// </summary>
internal static class SchemaMigrations
{
    /// <summary>All steps, oldest first.</summary>
    internal static IReadOnlyList<string> All { get; } = [Initial, ExitCausesAndSchedules, Networks, LogsOfTheirOwn, FailuresForGood, SpoolClasses];

    /// <summary>
    /// Oldest schema whose agents work with a database of the newest one: columns that they do not know have defaults, and nothing
    /// that they do know is gone or means something else. A release that raises it is one that no fall back leads over.
    /// </summary>
    internal const int OldestReader = 4;

    /// <summary>Setting in which a database says who can work with it.</summary>
    internal const string OldestReaderSetting = "schema.oldestReader";

    private const string Initial = """
        CREATE TABLE desired (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          generation INTEGER NOT NULL,
          digest TEXT NOT NULL,
          document BLOB NOT NULL
        );
        CREATE TABLE vm (
          name TEXT PRIMARY KEY,
          spec BLOB NOT NULL,
          phase INTEGER NOT NULL,
          restarts INTEGER NOT NULL,
          crashes INTEGER NOT NULL,
          retry_at INTEGER,
          last_exit_code INTEGER,
          exit_at INTEGER,
          exit_code INTEGER,
          exit_message TEXT,
          run_id TEXT,
          pid INTEGER,
          start_ticks INTEGER,
          kernel_boot_id TEXT,
          cid INTEGER,
          started_at INTEGER
        ) WITHOUT ROWID;
        CREATE TABLE log_position (
          vm TEXT PRIMARY KEY,
          run_id TEXT NOT NULL,
          sequence INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE spool (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          boot_id TEXT NOT NULL,
          sequence INTEGER NOT NULL,
          log_lines INTEGER NOT NULL,
          bytes INTEGER NOT NULL,
          payload BLOB NOT NULL,
          UNIQUE (boot_id, sequence)
        );
        """;

    private const string ExitCausesAndSchedules = """
        ALTER TABLE vm ADD COLUMN exit_cause INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE vm ADD COLUMN due_at INTEGER;
        """;

    private const string Networks = """
        CREATE TABLE vm_link (
          vm TEXT PRIMARY KEY,
          tap TEXT NOT NULL UNIQUE,
          mac TEXT NOT NULL UNIQUE,
          ipv4 TEXT NOT NULL UNIQUE
        ) WITHOUT ROWID;
        CREATE TABLE setting (
          name TEXT PRIMARY KEY,
          value TEXT NOT NULL
        ) WITHOUT ROWID;
        """;

    private const string LogsOfTheirOwn = """
        DROP TABLE log_position;
        ALTER TABLE spool DROP COLUMN log_lines;
        """;

    private const string FailuresForGood = "ALTER TABLE vm ADD COLUMN exit_judged_by TEXT NOT NULL DEFAULT '';";

    // Batches of before may hold events: they are dropped last.
    private const string SpoolClasses = """
        ALTER TABLE spool ADD COLUMN class INTEGER NOT NULL DEFAULT 2;
        ALTER TABLE spool ADD COLUMN items INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE spool ADD COLUMN clock INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE spool ADD COLUMN base_unix_ms INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE spool ADD COLUMN base_uptime_ms INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE spool ADD COLUMN kernel_boot_id TEXT NOT NULL DEFAULT '';
        CREATE INDEX spool_class ON spool (class, id);
        CREATE INDEX spool_age ON spool (base_unix_ms) WHERE clock = 1;
        CREATE TABLE spool_loss (
          class INTEGER PRIMARY KEY,
          items INTEGER NOT NULL
        );
        """;
}
