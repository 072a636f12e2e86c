using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using MicroVm.Shared.Identity;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Identity;

/// <summary>The table <c>enrolment_tokens</c>.</summary>
internal sealed class EnrolmentTokenTable(Database database, TimeProvider time)
{
    private const string Columns = "id, labels, approval, max_uses, uses, created_ms, expires_ms, revoked";

    internal Task AddAsync(EnrolmentToken token, EnrolmentTokenRecord record) => database.WriteAsync(connection => connection.Execute(
        """
        INSERT INTO enrolment_tokens (id, secret_hash, labels, approval, max_uses, uses, created_ms, expires_ms, revoked)
        VALUES ($id, $hash, $labels, $approval, $max, 0, $created, $expires, 0)
        """,
        ("$id", record.Id),
        ("$hash", SecretHash.Of(token.Secret)),
        ("$labels", JsonSerializer.Serialize(record.Labels)),
        ("$approval", record.NeedsApproval),
        ("$max", record.MaxUses),
        ("$created", record.CreatedAt.ToUnixTimeMilliseconds()),
        ("$expires", record.ExpiresAt.ToUnixTimeMilliseconds())));

    internal Task<List<EnrolmentTokenRecord>> ListAsync() => database.ReadAsync(static connection =>
        connection.Query($"SELECT {Columns} FROM enrolment_tokens ORDER BY created_ms, id", Read));

    /// <summary>
    /// The record of a token that a device shows, when its secret is the right one and it has not ended. One that is used up is
    /// found: the device that used it may ask again.
    /// </summary>
    internal async Task<EnrolmentTokenRecord?> FindAsync(EnrolmentToken token)
    {
        (EnrolmentTokenRecord Record, byte[] Hash)? found = await database.ReadAsync(connection => connection.Query(
                $"SELECT {Columns}, secret_hash FROM enrolment_tokens WHERE id = $id",
                static row => ((EnrolmentTokenRecord, byte[])?)(Read(row), row.GetFieldValue<byte[]>(8)),
                ("$id", token.Id)).FirstOrDefault());
        return found is { } entry && CryptographicOperations.FixedTimeEquals(entry.Hash, SecretHash.Of(token.Secret))
            && !entry.Record.Revoked && time.GetUtcNow() < entry.Record.ExpiresAt
            ? entry.Record
            : null;
    }

    /// <summary>Ends a token; false when there is none.</summary>
    internal async Task<bool> RevokeAsync(string id) =>
        await database.WriteAsync(connection => connection.Execute("UPDATE enrolment_tokens SET revoked = 1 WHERE id = $id", ("$id", id))) == 1;

    /// <summary>Takes one use of a token inside a transaction; false when it has none left, ended or is not there.</summary>
    internal static bool TryTake(SqliteConnection connection, string id, long nowMs) => connection.Execute(
        "UPDATE enrolment_tokens SET uses = uses + 1 WHERE id = $id AND uses < max_uses AND revoked = 0 AND expires_ms > $now",
        ("$id", id), ("$now", nowMs)) == 1;

    private static EnrolmentTokenRecord Read(SqliteDataReader row) => new(
        row.GetString(0),
        JsonSerializer.Deserialize<ImmutableSortedDictionary<string, string>>(row.GetString(1))!,
        row.GetBoolean(2),
        row.GetInt32(3),
        row.GetInt32(4),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5)),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)),
        row.GetBoolean(7));
}
