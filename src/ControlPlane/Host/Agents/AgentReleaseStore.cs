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
internal sealed class AgentReleaseStore(Database database, DataDirectory directory, TimeProvider time)
{
    private const int BufferBytes = 128 << 10;

    private readonly string _files = Path.Combine(directory.Path, "agents");

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
        Directory.CreateDirectory(_files);
        string staging = Path.Combine(_files, $".{Guid.NewGuid():N}");
        try
        {
            (Digest digest, long size) = await ReceiveAsync(body, staging, cancellation);
            AgentReleaseRecord? before = (await ListAsync(cancellation))
                .FirstOrDefault(record => record.Manifest.Version == version && record.Manifest.Architecture == architecture);
            if (before is not null)
            {
                return before.Manifest.Digest == digest
                    ? before
                    : throw new AgentReleaseException($"release {version} for {architecture}: expected {before.Manifest.Digest}, which it already is, found {digest}", isConflict: true);
            }

            await using FileStream artifact = File.OpenRead(staging);
            IReadOnlyList<AgentFile> files = await AgentArtifactReader.ReadAsync(artifact, architecture, cancellation);
            AgentReleaseRecord record = new(new AgentManifest(version, architecture, digest, (ulong)size, files), DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds()));
            File.Move(staging, FileOf(digest), overwrite: true);
            await database.WriteAsync(connection => Insert(connection, record));
            return record;
        }
        finally
        {
            File.Delete(staging);
        }
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
        int inserted = connection.Execute(
            "INSERT INTO agent_releases (version, architecture, digest, manifest, created_ms) VALUES ($version, $architecture, $digest, $manifest, $now) ON CONFLICT DO NOTHING",
            ("$version", manifest.Version.Value),
            ("$architecture", manifest.Architecture),
            ("$digest", manifest.Digest.Value),
            ("$manifest", manifest.Encode()),
            ("$now", record.CreatedAt.ToUnixTimeMilliseconds()));
        if (inserted == 0)
        {
            throw new AgentReleaseException($"artifact {manifest.Digest}: expected one that is in no other release, found one that is", isConflict: true);
        }
    }

    private static AgentReleaseRecord Read(SqliteDataReader row) =>
        new(AgentManifest.Decode(row.GetFieldValue<byte[]>(0)), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)));
}
