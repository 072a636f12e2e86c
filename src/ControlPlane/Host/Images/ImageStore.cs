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
    private const string Columns =
        "n.name, i.digest, i.manifest_digest, i.size_bytes, i.architecture, i.entrypoint, i.cmd, i.env, i.user, i.working_dir, i.created_ms";

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
    public async Task<IReadOnlyList<ImageView>> ListAsync(CancellationToken cancellationToken) => await _database.ReadAsync(
        static c => c.Query(
            $"SELECT {Columns} FROM images i LEFT JOIN image_names n ON n.manifest_digest = i.manifest_digest ORDER BY n.name, i.manifest_digest",
            Row),
        cancellationToken);

    /// <inheritdoc/>
    public Task<ImageView?> FindByDigestAsync(Digest digest, CancellationToken cancellationToken) => _database.ReadAsync(
        c => c.Query(
            $"SELECT {Columns} FROM images i LEFT JOIN image_names n ON n.manifest_digest = i.manifest_digest WHERE i.digest = $digest ORDER BY n.name DESC LIMIT 1",
            Row,
            ("$digest", digest.Value)).FirstOrDefault(),
        cancellationToken);

    /// <inheritdoc/>
    public Task<ImageView?> FindByNameAsync(string name, CancellationToken cancellationToken) => _database.ReadAsync(
        c => c.Query(
            $"SELECT {Columns} FROM image_names n JOIN images i ON i.manifest_digest = n.manifest_digest WHERE n.name = $name",
            Row,
            ("$name", name)).FirstOrDefault(),
        cancellationToken);

    /// <inheritdoc/>
    public async Task<string?> FindRootFsAsync(Digest digest, CancellationToken cancellationToken)
    {
        string path = _importer.PathOf(digest);
        return await FindByDigestAsync(digest, cancellationToken) is not null && File.Exists(path) ? path : null;
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

    private static ImageView Row(SqliteDataReader row) => new(
        row.IsDBNull(0) ? "" : row.GetString(0),
        row.GetString(1),
        row.GetString(2),
        (ulong)row.GetInt64(3),
        row.GetString(4),
        List(row.GetString(5)),
        List(row.GetString(6)),
        List(row.GetString(7)),
        row.GetString(8),
        row.GetString(9),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(10)));

    private Task RecordAsync(ImportedImage image, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        long now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        return _database.WriteAsync(c => Record(c, image, now));
    }

    private static void Record(SqliteConnection connection, ImportedImage image, long now)
    {
        OciProcess? process = image.Config.Process;
        connection.Execute(
            """
            INSERT INTO images (manifest_digest, digest, size_bytes, architecture, entrypoint, cmd, env, user, working_dir, created_ms)
            VALUES ($manifest, $digest, $size, $architecture, $entrypoint, $cmd, $env, $user, $directory, $now)
            ON CONFLICT (manifest_digest) DO UPDATE SET digest = excluded.digest, size_bytes = excluded.size_bytes
            """,
            ("$manifest", image.ManifestDigest.Value),
            ("$digest", image.Digest.Value),
            ("$size", image.SizeBytes),
            ("$architecture", image.Config.Architecture),
            ("$entrypoint", Json(process?.Entrypoint)),
            ("$cmd", Json(process?.Cmd)),
            ("$env", Json(process?.Env)),
            ("$user", process?.User ?? ""),
            ("$directory", process?.WorkingDir ?? ""),
            ("$now", now));
        connection.Execute(
            """
            INSERT INTO image_names (name, manifest_digest, updated_ms) VALUES ($name, $manifest, $now)
            ON CONFLICT (name) DO UPDATE SET manifest_digest = excluded.manifest_digest, updated_ms = excluded.updated_ms
            """,
            ("$name", image.Name.ToString()),
            ("$manifest", image.ManifestDigest.Value),
            ("$now", now));
    }
}
