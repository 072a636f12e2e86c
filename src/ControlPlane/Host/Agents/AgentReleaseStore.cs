using System.Collections.Immutable;
using System.Security.Cryptography;
using MicroVm.ControlPlane.Abstractions.Agents;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Storage;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Identity;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Agents;

/// <summary>Releases of the agent: files by digest in the data directory, manifests in the table <c>agent_releases</c>.</summary>
internal sealed class AgentReleaseStore(Database database, DataDirectory directory, TimeProvider time) : IDisposable
{
    private const int BufferBytes = 128 << 10;
    private const string StagingPrefix = ".";

    private readonly string _files = OpenFolder(Path.Combine(directory.Path, "agents"));
    private readonly SemaphoreSlim _commit = new(1);

    /// <summary>Every release, newest version first; one entry for each architecture.</summary>
    internal Task<IReadOnlyList<AgentReleaseRecord>> ListAsync(CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<AgentReleaseRecord>>(
        static connection =>
        [
            .. connection.Query("SELECT manifest, created_ms FROM agent_releases", Read)
                .OrderByDescending(static record => record.Manifest.Version, Comparer<ReleaseVersion>.Create(static (one, other) => one.CompareTo(other)))
                .ThenBy(static record => record.Manifest.Version.Value, StringComparer.Ordinal)
                .ThenBy(static record => record.Manifest.Architecture, StringComparer.Ordinal),
        ],
        cancellation);

    /// <summary>The release of an artifact; null when there is none.</summary>
    internal async Task<AgentReleaseRecord?> FindAsync(Digest digest, CancellationToken cancellation) => await database.ReadAsync(
        connection => connection.Query("SELECT manifest, created_ms FROM agent_releases WHERE digest = $digest", Read, ("$digest", digest.Value)).FirstOrDefault(),
        cancellation);

    /// <summary>What devices are told to run a version; null when there is none.</summary>
    internal async Task<AgentOrder?> OrderAsync(ReleaseVersion version, bool allowDowngrade, CancellationToken cancellation)
    {
        ImmutableArray<AgentArtifact> artifacts =
        [
            .. (await ListAsync(cancellation)).Select(static record => record.Manifest).Where(manifest => manifest.Version == version)
                .Select(static manifest => new AgentArtifact(manifest.Architecture, manifest.Digest.Value, manifest.SizeBytes)),
        ];
        return artifacts.IsEmpty ? null : new AgentOrder(version.Value, artifacts, allowDowngrade);
    }

    /// <summary>Where an artifact is; null when it is not kept.</summary>
    internal string? PathOf(Digest digest) => File.Exists(FileOf(digest)) ? FileOf(digest) : null;

    /// <summary>Keeps an artifact. When the task ends everything is durable; when it throws nothing is kept.</summary>
    /// <exception cref="AgentReleaseException">It is no artifact, or there is another one of its version and architecture.</exception>
    internal async Task<AgentReleaseRecord> AddAsync(ReleaseVersion version, string architecture, Stream body, CancellationToken cancellation)
    {
        string staging = Path.Combine(_files, $"{StagingPrefix}{Guid.NewGuid():N}");
        try
        {
            (Digest digest, long size) = await ReceiveAsync(body, staging, cancellation);
            await using FileStream artifact = File.OpenRead(staging);
            IReadOnlyList<AgentFile> files = await AgentArtifactReader.ReadAsync(artifact, architecture, cancellation);
            AgentReleaseRecord record = new(new AgentManifest(version, architecture, digest, (ulong)size, files), DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds()));
            return await CommitAsync(record, staging, cancellation);
        }
        finally
        {
            File.Delete(staging);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _commit.Dispose();

    /// <summary>Puts the file in its place and makes the release known, one at a time; one that is known as just this stays as it is.</summary>
    private async Task<AgentReleaseRecord> CommitAsync(AgentReleaseRecord record, string staging, CancellationToken cancellation)
    {
        (ReleaseVersion version, string architecture, Digest digest) = (record.Manifest.Version, record.Manifest.Architecture, record.Manifest.Digest);
        await _commit.WaitAsync(cancellation);
        try
        {
            IReadOnlyList<AgentReleaseRecord> all = await ListAsync(cancellation);
            if (all.FirstOrDefault(one => one.Manifest.Version == version && one.Manifest.Architecture == architecture) is AgentReleaseRecord before)
            {
                return before.Manifest.Digest == digest
                    ? before
                    : throw new AgentReleaseException($"release {version} for {architecture}: expected {before.Manifest.Digest}, which it already is, found {digest}", isConflict: true);
            }

            if (all.Any(one => one.Manifest.Digest == digest))
            {
                throw new AgentReleaseException($"artifact {digest}: expected one that is in no other release, found one that is", isConflict: true);
            }

            File.Move(staging, FileOf(digest), overwrite: true);
            await database.WriteAsync(connection => Insert(connection, record));
            return record;
        }
        finally
        {
            _commit.Release();
        }
    }

    /// <summary>Makes the folder; of uploads that the program's end cut off nothing stays.</summary>
    private static string OpenFolder(string path)
    {
        foreach (FileInfo left in Directory.CreateDirectory(path).EnumerateFiles($"{StagingPrefix}*"))
        {
            left.Delete();
        }

        return path;
    }

    private string FileOf(Digest digest) => Path.Combine(_files, digest.Hex);

    /// <summary>Writes the body to a file, durably.</summary>
    private static async Task<(Digest Digest, long SizeBytes)> ReceiveAsync(Stream body, string path, CancellationToken cancellation)
    {
        await using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BufferBytes];
        int count;
        while ((count = await body.ReadAsync(buffer, cancellation)) > 0)
        {
            if (file.Length + count > AgentFiles.MaxArtifactBytes)
            {
                throw new AgentReleaseException($"artifact: expected at most {AgentFiles.MaxArtifactBytes} bytes, found more");
            }

            hash.AppendData(buffer, 0, count);
            await file.WriteAsync(buffer.AsMemory(0, count), cancellation);
        }

        file.Flush(flushToDisk: true);
        return (Digest.FromHash(hash.GetHashAndReset()), file.Length);
    }

    private static void Insert(SqliteConnection connection, AgentReleaseRecord record)
    {
        AgentManifest manifest = record.Manifest;
        connection.Execute(
            "INSERT INTO agent_releases (version, architecture, digest, manifest, created_ms) VALUES ($version, $architecture, $digest, $manifest, $now)",
            ("$version", manifest.Version.Value),
            ("$architecture", manifest.Architecture),
            ("$digest", manifest.Digest.Value),
            ("$manifest", manifest.Encode()),
            ("$now", record.CreatedAt.ToUnixTimeMilliseconds()));
    }

    private static AgentReleaseRecord Read(SqliteDataReader row) =>
        new(AgentManifest.Decode(row.GetFieldValue<byte[]>(0)), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)));
}
