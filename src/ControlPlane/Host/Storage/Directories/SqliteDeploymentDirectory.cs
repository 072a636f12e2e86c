using System.Collections.Immutable;
using System.Text.Json;
using MicroVm.ControlPlane.Abstractions.Deployments;

namespace MicroVm.ControlPlane.Host.Storage.Directories;

/// <summary>The table <c>deployments</c> and a copy of it in memory, because every hello of every device reads all of it.</summary>
internal sealed class SqliteDeploymentDirectory : IDeploymentDirectory
{
    private readonly Database _database;
    private ImmutableSortedDictionary<string, DeploymentEntry> _entries;

    /// <summary>Reads the table.</summary>
    public SqliteDeploymentDirectory(Database database)
    {
        _database = database;
        _entries = database.ReadAsync(connection => connection.Query(
                "SELECT name, vm_name, selector, conditions, deleting FROM deployments",
                row => new DeploymentEntry(row.GetString(0), row.GetString(1), ReadSelector(row.GetString(2), row.GetString(3)), row.GetBoolean(4))))
            .GetAwaiter().GetResult()
            .ToImmutableSortedDictionary(entry => entry.Name, entry => entry, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public IReadOnlyList<DeploymentEntry> List() => [.. Volatile.Read(ref _entries).Values];

    /// <inheritdoc/>
    public bool Contains(string name) => Volatile.Read(ref _entries).ContainsKey(name);

    /// <inheritdoc/>
    public async Task PutAsync(DeploymentEntry entry)
    {
        await _database.WriteAsync(connection => connection.Execute(
            """
            INSERT INTO deployments (name, vm_name, selector, conditions, deleting) VALUES ($name, $vm, $selector, $conditions, $deleting)
            ON CONFLICT (name) DO UPDATE SET vm_name = $vm, selector = $selector, conditions = $conditions, deleting = $deleting
            """,
            ("$name", entry.Name),
            ("$vm", entry.VmName),
            ("$selector", JsonSerializer.Serialize(entry.Selector.MatchLabels)),
            ("$conditions", string.Join(", ", entry.Selector.Requirements)),
            ("$deleting", entry.Deleting)));
        ImmutableInterlocked.Update(ref _entries, static (all, put) => all.SetItem(put.Name, put), entry);
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string name)
    {
        await _database.WriteAsync(connection => connection.Execute("DELETE FROM deployments WHERE name = $name", ("$name", name)));
        ImmutableInterlocked.Update(ref _entries, static (all, gone) => all.Remove(gone), name);
    }

    /// <summary>What was stored was checked; what cannot be read all the same must not select devices that it should not.</summary>
    private static LabelSelector ReadSelector(string labels, string conditions)
    {
        string problem = "";
        ImmutableArray<LabelRequirement> requirements = [];
        return conditions.Length == 0 || SelectorText.TryParse(conditions, out requirements, out problem)
            ? new LabelSelector(JsonSerializer.Deserialize<ImmutableSortedDictionary<string, string>>(labels) ?? ImmutableSortedDictionary<string, string>.Empty)
            {
                Requirements = requirements,
            }
            : throw new InvalidOperationException($"table deployments: expected a selector, found {problem}");
    }
}
