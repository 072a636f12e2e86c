using System.Collections.Immutable;
using System.Security.Cryptography;
using MicroVm.ControlPlane.Host.Auth;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Identity;

/// <summary>The table <c>api_tokens</c> and a copy of it in memory, because every request asks.</summary>
internal sealed class ApiTokenTable
{
    private readonly Database _database;
    private readonly TimeProvider _time;
    private ImmutableDictionary<string, (ApiTokenRecord Record, byte[] Hash)> _tokens;

    /// <summary>Reads the table.</summary>
    public ApiTokenTable(Database database, TimeProvider time)
    {
        (_database, _time) = (database, time);
        _tokens = database.ReadAsync(static connection => connection.Query(
                "SELECT id, name, role, created_ms, expires_ms, revoked, secret_hash FROM api_tokens", Read))
            .GetAwaiter().GetResult().ToImmutableDictionary(static one => one.Record.Id, StringComparer.Ordinal);
    }

    internal IReadOnlyList<ApiTokenRecord> List() =>
        [.. Volatile.Read(ref _tokens).Values.Select(static one => one.Record).OrderBy(static one => one.CreatedAt)];

    /// <summary>The token that a request shows; null when it is not known, ended, or its role cannot be told.</summary>
    internal ApiTokenRecord? Find(ApiToken token) =>
        Volatile.Read(ref _tokens).TryGetValue(token.Id, out (ApiTokenRecord Record, byte[] Hash) found)
        && CryptographicOperations.FixedTimeEquals(found.Hash, SecretHash.Of(token.Secret))
        && !found.Record.Revoked
        && Enum.IsDefined(found.Record.Role)
        && !(found.Record.ExpiresAt <= _time.GetUtcNow())
            ? found.Record
            : null;

    internal async Task AddAsync(ApiToken token, ApiTokenRecord record)
    {
        byte[] hash = SecretHash.Of(token.Secret);
        await _database.WriteAsync(connection => connection.Execute(
            """
            INSERT INTO api_tokens (id, secret_hash, name, role, created_ms, expires_ms, revoked)
            VALUES ($id, $hash, $name, $role, $created, $expires, 0)
            """,
            ("$id", record.Id),
            ("$hash", hash),
            ("$name", record.Name),
            ("$role", (int)record.Role),
            ("$created", record.CreatedAt.ToUnixTimeMilliseconds()),
            ("$expires", record.ExpiresAt?.ToUnixTimeMilliseconds())));
        ImmutableInterlocked.TryAdd(ref _tokens, record.Id, (record, hash));
    }

    /// <summary>Ends a token; false when there is none.</summary>
    internal async Task<bool> RevokeAsync(string id)
    {
        if (!Volatile.Read(ref _tokens).TryGetValue(id, out (ApiTokenRecord Record, byte[] Hash) found))
        {
            return false;
        }

        await _database.WriteAsync(connection => connection.Execute("UPDATE api_tokens SET revoked = 1 WHERE id = $id", ("$id", id)));
        ImmutableInterlocked.AddOrUpdate(ref _tokens, id, found, (_, one) => (one.Record with { Revoked = true }, one.Hash));
        return true;
    }

    private static (ApiTokenRecord Record, byte[] Hash) Read(SqliteDataReader row) => (
        new ApiTokenRecord(
            row.GetString(0),
            row.GetString(1),
            (Role)row.GetInt32(2),
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
            row.IsDBNull(4) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
            row.GetBoolean(5)),
        row.GetFieldValue<byte[]>(6));
}
