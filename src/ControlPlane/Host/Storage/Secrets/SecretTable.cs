using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MicroVm.ControlPlane.Abstractions.Secrets;
using MicroVm.ControlPlane.Host.Identity.Keys;
using MicroVm.Shared.Codecs.Hpke;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Secrets;

/// <summary>
/// The table <c>secrets</c>. A value is encrypted before it reaches the database (HPKE to a key of the vault, bound to its name and
/// version) and is in clear only while it is sealed to a device.
/// </summary>
internal sealed class SecretTable : ISecretSealer, IDisposable
{
    private const string FirstKey = "secrets-1";

    private readonly Database _database;
    private readonly IKeyVault _vault;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, SecretRecord> _known = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _change = new(1);

    /// <summary>Reads what secrets there are.</summary>
    public SecretTable(Database database, IKeyVault vault, TimeProvider time)
    {
        (_database, _vault, _time) = (database, vault, time);
        foreach (SecretRecord record in database.ReadAsync(static connection => connection.Query(
            "SELECT name, version, size, updated_ms, key, value IS NULL FROM secrets", Read)).GetAwaiter().GetResult())
        {
            _known[record.Name] = record;
        }
    }

    private static ReadOnlySpan<byte> Info => "microvm secret at rest 1"u8;

    /// <summary>The secrets that there are, ordered by name.</summary>
    internal IReadOnlyList<SecretRecord> List() =>
        [.. _known.Values.Where(static record => !record.IsDeleted).OrderBy(static record => record.Name, StringComparer.Ordinal)];

    /// <inheritdoc/>
    public int? VersionOf(string name) => _known.GetValueOrDefault(name) is { IsDeleted: false } record ? record.Version : null;

    /// <summary>Gives a secret a new value, and so a new version. Durable when the task ends.</summary>
    internal async Task<SecretRecord> PutAsync(ResourceName name, ReadOnlyMemory<byte> value)
    {
        await _change.WaitAsync();
        try
        {
            string key = _known.Values.FirstOrDefault()?.Key ?? Make();
            int version = (_known.GetValueOrDefault(name.Value)?.Version ?? 0) + 1;
            using ECDiffieHellman vaultKey = _vault.OpenAgreement(key);
            byte[] encrypted = HpkeBox.Seal(vaultKey, value.Span, Info, AssociatedData(name.Value, version));
            return await KeepAsync(new SecretRecord(name.Value, version, value.Length, _time.GetUtcNow(), key, false), encrypted);
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>Forgets a secret's value; false when there is none.</summary>
    internal async Task<bool> DeleteAsync(string name)
    {
        await _change.WaitAsync();
        try
        {
            if (_known.GetValueOrDefault(name) is not { IsDeleted: false } record)
            {
                return false;
            }

            await KeepAsync(record with { IsDeleted = true, Size = 0, UpdatedAt = _time.GetUtcNow() }, null);
            return true;
        }
        finally
        {
            _change.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<SealedSecret?> SealAsync(string device, byte[] subjectPublicKey, string name)
    {
        List<(int Version, string Key, byte[] Value)> rows = await _database.ReadAsync(connection => connection.Query(
            "SELECT version, key, value FROM secrets WHERE name = $name AND value IS NOT NULL",
            static row => (row.GetInt32(0), row.GetString(1), row.GetFieldValue<byte[]>(2)),
            ("$name", name)));
        if (rows is not [(int version, string key, byte[] encrypted)])
        {
            return null;
        }

        using ECDiffieHellman vaultKey = _vault.OpenAgreement(key), deviceKey = ECDiffieHellman.Create();
        deviceKey.ImportSubjectPublicKeyInfo(subjectPublicKey, out _);
        byte[] value = HpkeBox.Open(vaultKey, encrypted, Info, AssociatedData(name, version));
        try
        {
            return SealedSecret.Seal(DeviceId.Parse(device), deviceKey, ResourceName.Parse(name), version, value);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(value);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _change.Dispose();

    private string Make()
    {
        // Nothing is encrypted yet, so nothing is lost with a key that a start before this one may have made.
        _vault.Create(FirstKey).Dispose();
        return FirstKey;
    }

    private async Task<SecretRecord> KeepAsync(SecretRecord record, byte[]? encrypted)
    {
        await _database.WriteAsync(connection => connection.Execute(
            """
            INSERT INTO secrets (name, version, key, value, size, updated_ms) VALUES ($name, $version, $key, $value, $size, $updated)
            ON CONFLICT (name) DO UPDATE SET version = $version, key = $key, value = $value, size = $size, updated_ms = $updated
            """,
            ("$name", record.Name),
            ("$version", record.Version),
            ("$key", record.Key),
            ("$value", encrypted),
            ("$size", record.Size),
            ("$updated", record.UpdatedAt.ToUnixTimeMilliseconds())));
        return _known[record.Name] = record;
    }

    private static byte[] AssociatedData(string name, int version) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name}/{version}"));

    private static SecretRecord Read(SqliteDataReader row) => new(
        row.GetString(0), row.GetInt32(1), row.GetInt32(2), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)), row.GetString(4), row.GetInt64(5) != 0);
}
