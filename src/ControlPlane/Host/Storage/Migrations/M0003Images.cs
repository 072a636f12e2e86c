namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>
/// Images by manifest, because two of them may share a file system and differ in their config, and the names that point at
/// them. <c>digest</c> is the squashfs file's. Lists (<c>entrypoint</c>, <c>cmd</c>, <c>env</c>) are JSON arrays of text;
/// times are milliseconds since 1970.
/// </summary>
public static class M0003Images
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(3, """
        CREATE TABLE images (
            manifest_digest TEXT NOT NULL PRIMARY KEY,
            digest TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            architecture TEXT NOT NULL,
            entrypoint TEXT NOT NULL,
            cmd TEXT NOT NULL,
            env TEXT NOT NULL,
            user TEXT NOT NULL,
            working_dir TEXT NOT NULL,
            created_ms INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX images_digest ON images (digest);

        CREATE TABLE image_names (
            name TEXT NOT NULL PRIMARY KEY,
            manifest_digest TEXT NOT NULL REFERENCES images (manifest_digest),
            updated_ms INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX image_names_manifest_digest ON image_names (manifest_digest);
        """);
}
