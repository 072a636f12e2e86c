using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Directories;

/// <summary>The tables <c>devices</c> and <c>device_labels</c>; what a device lost goes with it, its samples go with their age.</summary>
internal sealed class SqliteDeviceDirectory(Database database) : IDeviceDirectory
{
    /// <inheritdoc/>
    public Task PutAsync(string device, ImmutableSortedDictionary<string, string> labels) => database.WriteAsync(connection =>
    {
        connection.Execute("INSERT INTO devices (id) VALUES ($id) ON CONFLICT DO NOTHING", ("$id", device));
        connection.Execute("DELETE FROM device_labels WHERE device = $id", ("$id", device));
        foreach ((string name, string value) in labels)
        {
            connection.Execute(
                "INSERT INTO device_labels (name, value, device) VALUES ($name, $value, $id)",
                ("$name", name), ("$value", value), ("$id", device));
        }
    });

    /// <inheritdoc/>
    public Task RemoveAsync(string device) => database.WriteAsync(connection =>
    {
        connection.Execute("DELETE FROM device_labels WHERE device = $id", ("$id", device));
        connection.Execute("DELETE FROM telemetry_losses WHERE device = $id", ("$id", device));
        connection.Execute("DELETE FROM devices WHERE id = $id", ("$id", device));
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> FindAsync(LabelSelector selector) => database.ReadAsync<IReadOnlyList<string>>(connection =>
    {
        // Index lookups for each label; the sets are put together here so that no SQL is made from labels. What takes
        // devices away comes last and needs something to take from.
        SortedSet<string>? found = null;
        IEnumerable<LabelRequirement> all = selector.MatchLabels
            .Select(label => new LabelRequirement(label.Key, LabelOperator.In, [label.Value])).Concat(selector.Requirements);
        foreach (LabelRequirement requirement in all.OrderBy(requirement => requirement.Operator is LabelOperator.NotIn or LabelOperator.NotExists))
        {
            IEnumerable<string> carriers = Carriers(connection, requirement);
            if (requirement.Operator is LabelOperator.NotIn or LabelOperator.NotExists)
            {
                found ??= new SortedSet<string>(connection.Query("SELECT id FROM devices", row => row.GetString(0)), StringComparer.Ordinal);
                found.ExceptWith(carriers);
            }
            else if (found is null)
            {
                found = new SortedSet<string>(carriers, StringComparer.Ordinal);
            }
            else
            {
                found.IntersectWith(carriers);
            }
        }

        return [.. found ?? []];
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync() =>
        database.ReadAsync<IReadOnlyList<string>>(connection => connection.Query("SELECT id FROM devices ORDER BY id", row => row.GetString(0)));

    /// <summary>The devices with the label, or with one of the values that the condition names.</summary>
    private static IEnumerable<string> Carriers(SqliteConnection connection, LabelRequirement requirement) => requirement.Values.IsEmpty
        ? connection.Query("SELECT device FROM device_labels WHERE name = $name", row => row.GetString(0), ("$name", requirement.Name))
        : requirement.Values.SelectMany(value => connection.Query(
            "SELECT device FROM device_labels WHERE name = $name AND value = $value",
            row => row.GetString(0),
            ("$name", requirement.Name),
            ("$value", value)));

    /// <summary>Whether a device ever said hello.</summary>
    internal Task<bool> ContainsAsync(string device) => database.ReadAsync(connection => Contains(connection, device));

    /// <inheritdoc cref="ContainsAsync"/>
    internal static bool Contains(SqliteConnection connection, string device) =>
        connection.Number("SELECT 1 FROM devices WHERE id = $id", 0, ("$id", device)) == 1;
}
