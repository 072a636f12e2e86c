using System.Text.Json;
using Microsoft.Data.Sqlite;
using Orleans.Storage;

namespace MicroVm.ControlPlane.Host.Storage.Grains;

/// <summary>
/// Grain state as JSON in <c>grain_state</c>, one row for each grain and state name. A write that does not know the row's
/// ETag fails with <see cref="InconsistentStateException"/>: two activations of one grain cannot overwrite each other.
/// </summary>
internal sealed class SqliteGrainStorage(Database database) : IGrainStorage
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.General)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Skip,
    };

    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        (long ETag, string Payload)? row = await database.ReadAsync(connection => Find(connection, stateName, grainId));
        grainState.RecordExists = row is not null;
        grainState.ETag = row?.ETag.ToString()!;
        grainState.State = row is null
            ? Activator.CreateInstance<T>()
            : JsonSerializer.Deserialize<T>(row.Value.Payload, s_json)
                ?? throw new InvalidOperationException($"state {stateName} of {grainId}: expected an object, found null");
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        string payload = JsonSerializer.Serialize(grainState.State, s_json);
        long expected = ParseETag(grainState.ETag);
        long next = await database.WriteAsync(connection =>
        {
            int changed = expected == 0
                ? connection.Execute(
                    "INSERT INTO grain_state (grain, name, etag, payload) VALUES ($grain, $name, 1, $payload) ON CONFLICT DO NOTHING",
                    ("$grain", grainId.ToString()), ("$name", stateName), ("$payload", payload))
                : connection.Execute(
                    "UPDATE grain_state SET etag = etag + 1, payload = $payload WHERE grain = $grain AND name = $name AND etag = $etag",
                    ("$grain", grainId.ToString()), ("$name", stateName), ("$payload", payload), ("$etag", expected));
            return changed == 1 ? expected + 1 : throw Conflict(connection, stateName, grainId, grainState.ETag);
        });
        grainState.ETag = next.ToString();
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        long expected = ParseETag(grainState.ETag);
        await database.WriteAsync(connection =>
        {
            int changed = connection.Execute(
                "DELETE FROM grain_state WHERE grain = $grain AND name = $name AND etag = $etag",
                ("$grain", grainId.ToString()), ("$name", stateName), ("$etag", expected));
            if (changed == 0 && expected != 0)
            {
                throw Conflict(connection, stateName, grainId, grainState.ETag);
            }
        });
        grainState.ETag = null!;
        grainState.RecordExists = false;
        grainState.State = Activator.CreateInstance<T>();
    }

    private static long ParseETag(string? etag) => string.IsNullOrEmpty(etag) ? 0 : long.Parse(etag);

    private static (long ETag, string Payload)? Find(SqliteConnection connection, string stateName, GrainId grainId) => connection.Query(
        "SELECT etag, payload FROM grain_state WHERE grain = $grain AND name = $name",
        row => ((long, string)?)(row.GetInt64(0), row.GetString(1)),
        ("$grain", grainId.ToString()),
        ("$name", stateName)).FirstOrDefault();

    private static InconsistentStateException Conflict(SqliteConnection connection, string stateName, GrainId grainId, string? expected) => new(
        $"state {stateName} of {grainId}: expected ETag {expected ?? "none"}, found another",
        Find(connection, stateName, grainId)?.ETag.ToString() ?? "none",
        expected ?? "none");
}
