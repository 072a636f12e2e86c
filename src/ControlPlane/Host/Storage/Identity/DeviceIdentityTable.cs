using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.Shared.Identity;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Identity;

/// <summary>The table <c>device_identities</c> and a copy of it in memory. A row that cannot be read is a device that is not known.</summary>
internal sealed class DeviceIdentityTable : IDeviceIdentities
{
    private const string Columns = "device, state, key_digest, labels, admission, serial_number, not_after_ms, trust_version, changed_ms, authority, public_key";

    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, DeviceIdentity> _known = new(StringComparer.Ordinal);

    /// <summary>Reads the table.</summary>
    public DeviceIdentityTable(Database database, TimeProvider time)
    {
        (_database, _time) = (database, time);
        List<DeviceIdentity?> rows = database.ReadAsync(static connection => connection.Query(
            $"SELECT {Columns} FROM device_identities", Read)).GetAwaiter().GetResult();
        foreach (DeviceIdentity identity in rows.OfType<DeviceIdentity>())
        {
            _known[identity.Device] = identity;
        }

        Unreadable = rows.Count - _known.Count;
    }

    /// <inheritdoc/>
    public event Action<DeviceIdentity>? Changed;

    /// <summary>Rows that could not be read when the table was opened.</summary>
    internal int Unreadable { get; }

    /// <inheritdoc/>
    public DeviceIdentity? Find(string device) => _known.GetValueOrDefault(device);

    /// <inheritdoc/>
    public IReadOnlyList<DeviceIdentity> List() => [.. _known.Values.OrderBy(static identity => identity.Device, StringComparer.Ordinal)];

    /// <inheritdoc/>
    public async Task PutAsync(DeviceIdentity identity)
    {
        await _database.WriteAsync(connection => Put(connection, identity));
        Publish(identity);
    }

    /// <inheritdoc/>
    public async Task<bool> AdmitAsync(DeviceIdentity identity, string token)
    {
        long now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        bool admitted = await _database.WriteAsync(connection =>
        {
            bool taken = EnrolmentTokenTable.TryTake(connection, token, now);
            if (taken)
            {
                Put(connection, identity);
            }

            return taken;
        });
        if (admitted)
        {
            Publish(identity);
        }

        return admitted;
    }

    private static void Put(SqliteConnection connection, DeviceIdentity identity) => connection.Execute(
        $"""
        INSERT INTO device_identities ({Columns})
        VALUES ($device, $state, $key, $labels, $admission, $serial, $end, $trust, $changed, $authority, $public)
        ON CONFLICT (device) DO UPDATE SET state = $state, key_digest = $key, labels = $labels, admission = $admission,
            serial_number = $serial, not_after_ms = $end, trust_version = $trust, changed_ms = $changed, authority = $authority, public_key = $public
        """,
        ("$device", identity.Device),
        ("$state", (int)identity.State),
        ("$key", identity.KeyDigest),
        ("$labels", JsonSerializer.Serialize(identity.Labels)),
        ("$admission", identity.Admission),
        ("$serial", identity.SerialNumber),
        ("$end", identity.NotAfter?.ToUnixTimeMilliseconds()),
        ("$trust", (long)identity.TrustVersion),
        ("$changed", identity.ChangedAt.ToUnixTimeMilliseconds()),
        ("$authority", identity.Authority),
        ("$public", identity.PublicKey));

    private static DeviceIdentity? Read(SqliteDataReader row)
    {
        try
        {
            DeviceIdentity identity = new()
            {
                Device = row.GetString(0),
                State = (IdentityState)row.GetInt32(1),
                KeyDigest = row.GetString(2),
                Labels = JsonSerializer.Deserialize<ImmutableSortedDictionary<string, string>>(row.GetString(3))!,
                Admission = row.GetString(4),
                SerialNumber = row.GetString(5),
                NotAfter = row.IsDBNull(6) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)),
                TrustVersion = (ulong)row.GetInt64(7),
                ChangedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(8)),
                Authority = row.GetString(9),
                PublicKey = row.GetFieldValue<byte[]>(10),
            };
            return Enum.IsDefined(identity.State) && DeviceId.TryParse(identity.Device, out _) && Digest.TryParse(identity.KeyDigest, out _) && identity.Labels is not null
                ? identity
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidCastException or FormatException or ArgumentException or OverflowException)
        {
            return null;
        }
    }

    private void Publish(DeviceIdentity identity)
    {
        _known[identity.Device] = identity;
        Changed?.Invoke(identity);
    }
}
