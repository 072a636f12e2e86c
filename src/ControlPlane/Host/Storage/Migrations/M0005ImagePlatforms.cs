namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>
/// Images with several platforms. An image is known by the digest of its index, or of its manifest when it has no index;
/// each platform has a squashfs, whose digest two of them may share. What was pushed before has one platform. Lists
/// (<c>left_out</c>, <c>entrypoint</c>, <c>cmd</c>, <c>env</c>) are JSON arrays of text; <c>architecture</c> is what devices
/// call theirs.
/// </summary>
public static class M0005ImagePlatforms
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(5, """
        CREATE TABLE pushed_images (
            digest TEXT NOT NULL PRIMARY KEY,
            left_out TEXT NOT NULL,
            created_ms INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE image_platforms (
            image TEXT NOT NULL REFERENCES pushed_images (digest),
            architecture TEXT NOT NULL,
            manifest_digest TEXT NOT NULL,
            digest TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            entrypoint TEXT NOT NULL,
            cmd TEXT NOT NULL,
            env TEXT NOT NULL,
            user TEXT NOT NULL,
            working_dir TEXT NOT NULL,
            PRIMARY KEY (image, architecture)
        ) WITHOUT ROWID;
        CREATE INDEX image_platforms_digest ON image_platforms (digest);
        CREATE INDEX image_platforms_manifest_digest ON image_platforms (manifest_digest);

        CREATE TABLE pushed_names (
            name TEXT NOT NULL PRIMARY KEY,
            image TEXT NOT NULL REFERENCES pushed_images (digest),
            updated_ms INTEGER NOT NULL
        ) WITHOUT ROWID;

        INSERT INTO pushed_images (digest, left_out, created_ms) SELECT manifest_digest, '[]', created_ms FROM images;
        INSERT INTO image_platforms
            SELECT manifest_digest, CASE architecture WHEN 'arm64' THEN 'aarch64' ELSE 'x86_64' END, manifest_digest, digest, size_bytes,
                entrypoint, cmd, env, user, working_dir
            FROM images;
        INSERT INTO pushed_names SELECT name, manifest_digest, updated_ms FROM image_names;

        DROP TABLE image_names;
        DROP TABLE images;
        ALTER TABLE pushed_images RENAME TO images;
        ALTER TABLE pushed_names RENAME TO image_names;
        CREATE INDEX image_names_image ON image_names (image);
        """);
}
