using System.Text.Json;
using Microsoft.Data.Sqlite;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Images.Layout;
using MicroVm.ControlPlane.Host.Images.Tools;
using MicroVm.ControlPlane.Host.Storage;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Images;

/// <summary>Images as files by digest in the data directory and as rows in the database.</summary>
internal sealed class ImageStore : IImageStore, IDisposable
{
    /// <summary>One row for each name of an image and each of its platforms.</summary>
    private const string Select =
        "SELECT n.name, i.digest, i.left_out, i.created_ms, p.architecture, p.digest, p.manifest_digest, p.size_bytes, p.entrypoint, p.cmd, p.env, p.user, p.working_dir, p.stop_signal "
        + "FROM images i JOIN image_platforms p ON p.image = i.digest LEFT JOIN image_names n ON n.image = i.digest";

    private readonly Database _database;
    private readonly ImageImporter _importer;
    private readonly TimeProvider _time;

    public ImageStore(Database database, DataDirectory directory, TimeProvider? time = null)
    {
        _database = database;
        _time = time ?? TimeProvider.System;
        _importer = new ImageImporter(directory.Path, new ImageImportLimits(), new SquashFsBuilder(), _time);
        _importer.RemoveLeftovers();
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ImageView>> ListAsync(CancellationToken cancellationToken) => _database.ReadAsync<IReadOnlyList<ImageView>>(
        static c => Views(c.Query($"{Select} ORDER BY n.name, i.digest, p.architecture", Row)), cancellationToken);

    /// <inheritdoc/>
    public Task<ImageView?> FindByDigestAsync(Digest digest, CancellationToken cancellationToken) => _database.ReadAsync(
        c => Views(c.Query(
            $"""
            {Select} WHERE i.digest IN (
                SELECT digest FROM images WHERE digest = $digest
                UNION SELECT image FROM image_platforms WHERE digest = $digest OR manifest_digest = $digest)
            ORDER BY n.name DESC, i.digest, p.architecture
            """,
            Row,
            ("$digest", digest.Value))).FirstOrDefault(),
        cancellationToken);

    /// <inheritdoc/>
    public Task<ImageView?> FindByNameAsync(string name, CancellationToken cancellationToken) => _database.ReadAsync(
        c => Views(c.Query($"{Select} WHERE n.name = $name ORDER BY p.architecture", Row, ("$name", name))).FirstOrDefault(), cancellationToken);

    /// <inheritdoc/>
    public async Task<string?> FindRootFsAsync(Digest digest, CancellationToken cancellationToken)
    {
        string path = _importer.PathOf(digest);
        bool known = await _database.ReadAsync(
            c => c.Number("SELECT 1 FROM image_platforms WHERE digest = $digest", 0, ("$digest", digest.Value)) == 1, cancellationToken);
        return known && File.Exists(path) ? path : null;
    }

    /// <inheritdoc/>
    public async Task<ImageView> ImportAsync(Stream ociLayoutTar, string name, CancellationToken cancellationToken)
    {
        if (!ImageName.TryParse(name, out ImageName? parsed))
        {
            throw ImageImportException.Invalid("image name", ImageName.Expected, $"'{name}'");
        }

        ImportedImage image = await _importer.ImportAsync(parsed, ociLayoutTar, RecordAsync, cancellationToken);
        return await FindByNameAsync(image.Name.ToString(), cancellationToken)
            ?? throw new InvalidOperationException($"image {image.Name} was recorded and is not there");
    }

    /// <inheritdoc/>
    public void Dispose() => _importer.Dispose();

    private static string Json(IReadOnlyList<string>? list) =>
        JsonSerializer.Serialize(list ?? [], OciJsonContext.Default.IReadOnlyListString);

    private static IReadOnlyList<string> List(string json) =>
        JsonSerializer.Deserialize(json, OciJsonContext.Default.IReadOnlyListString) ?? [];

    private static (ImageView Image, ImagePlatformView Platform) Row(SqliteDataReader row)
    {
        string architecture = row.GetString(4);
        ImagePlatformView platform = new(
            OciPlatform.Of(architecture),
            architecture,
            row.GetString(5),
            row.GetString(6),
            (ulong)row.GetInt64(7),
            List(row.GetString(8)),
            List(row.GetString(9)),
            List(row.GetString(10)),
            row.GetString(11),
            row.GetString(12)) { StopSignal = row.GetString(13) };
        return (
            new ImageView(
                row.IsDBNull(0) ? "" : row.GetString(0),
                row.GetString(1),
                [],
                List(row.GetString(2)),
                DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3))),
            platform);
    }

    /// <summary>Puts the rows of each name and image together; their order stays.</summary>
    private static ImageView[] Views(IEnumerable<(ImageView Image, ImagePlatformView Platform)> rows) =>
    [
        .. rows.GroupBy(static row => (row.Image.Name, row.Image.Digest))
            .Select(static image => image.First().Image with { Platforms = [.. image.Select(static row => row.Platform)] }),
    ];

    private Task RecordAsync(ImportedImage image, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        long now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        return _database.WriteAsync(c => Record(c, image, now));
    }

    private static void Record(SqliteConnection connection, ImportedImage image, long now)
    {
        connection.Execute(
            """
            INSERT INTO images (digest, left_out, created_ms) VALUES ($digest, $left, $now)
            ON CONFLICT (digest) DO UPDATE SET left_out = excluded.left_out
            """,
            ("$digest", image.Digest.Value),
            ("$left", Json(image.LeftOut)),
            ("$now", now));
        foreach (ImportedPlatform platform in image.Platforms)
        {
            Record(connection, image.Digest, platform);
        }

        connection.Execute(
            """
            INSERT INTO image_names (name, image, updated_ms) VALUES ($name, $image, $now)
            ON CONFLICT (name) DO UPDATE SET image = excluded.image, updated_ms = excluded.updated_ms
            """,
            ("$name", image.Name.ToString()),
            ("$image", image.Digest.Value),
            ("$now", now));
    }

    /// <summary>An image that is pushed again has the same manifests, but a later version of this program may squash them to other bytes.</summary>
    private static void Record(SqliteConnection connection, Digest image, ImportedPlatform platform)
    {
        OciProcess? process = platform.Config.Process;
        connection.Execute(
            """
            INSERT INTO image_platforms (image, architecture, manifest_digest, digest, size_bytes, entrypoint, cmd, env, user, working_dir, stop_signal)
            VALUES ($image, $architecture, $manifest, $digest, $size, $entrypoint, $cmd, $env, $user, $directory, $stop)
            ON CONFLICT (image, architecture) DO UPDATE SET digest = excluded.digest, size_bytes = excluded.size_bytes, stop_signal = excluded.stop_signal
            """,
            ("$image", image.Value),
            ("$architecture", platform.Architecture),
            ("$manifest", platform.ManifestDigest.Value),
            ("$digest", platform.Digest.Value),
            ("$size", platform.SizeBytes),
            ("$entrypoint", Json(process?.Entrypoint)),
            ("$cmd", Json(process?.Cmd)),
            ("$env", Json(process?.Env)),
            ("$user", process?.User ?? ""),
            ("$directory", process?.WorkingDir ?? ""),
            ("$stop", process?.StopSignal ?? ""));
    }
}
