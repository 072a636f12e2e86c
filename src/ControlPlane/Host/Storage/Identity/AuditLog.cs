using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Host.Storage.Identity;

/// <summary>The table <c>audit</c>: what operators changed, or tried to. Rows are only ever added.</summary>
internal sealed class AuditLog(Database database)
{
    internal Task AddAsync(AuditView entry) => database.WriteAsync(connection => connection.Execute(
        """
        INSERT INTO audit (at_ms, actor, role, verb, object, status, before_digest, after_digest)
        VALUES ($at, $actor, $role, $verb, $object, $status, $before, $after)
        """,
        ("$at", entry.At.ToUnixTimeMilliseconds()),
        ("$actor", entry.Actor),
        ("$role", entry.Role),
        ("$verb", entry.Verb),
        ("$object", entry.Object),
        ("$status", entry.Status),
        ("$before", entry.Before),
        ("$after", entry.After)));

    /// <summary>Entries behind a cursor, oldest first.</summary>
    internal Task<List<AuditView>> ReadAsync(long after, int limit, CancellationToken cancellation) => database.ReadAsync(
        connection => connection.Query(
            """
            SELECT id, at_ms, actor, role, verb, object, status, before_digest, after_digest FROM audit
            WHERE id > $after ORDER BY id LIMIT $limit
            """,
            static row => new AuditView(
                row.GetInt64(0),
                DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)),
                row.GetString(2),
                row.GetString(3),
                row.GetString(4),
                row.GetString(5),
                row.GetInt32(6),
                row.IsDBNull(7) ? null : row.GetString(7),
                row.IsDBNull(8) ? null : row.GetString(8)),
            ("$after", after),
            ("$limit", limit)),
        cancellation);
}
