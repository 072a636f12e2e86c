using System.Text.Json;
using MicroVm.Shared.Codecs;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Telemetry.Workloads;

/// <summary>
/// Reads what a workload posts: one JSON object or an array of them, each with <c>name</c> and <c>value</c> and, if it likes,
/// <c>unit</c>, <c>labels</c> and <c>timestamp</c> (milliseconds since 1970). All of a message is taken or none. Pure.
/// </summary>
internal static class MetricMessage
{
    private const int MostDepth = 8;

    private static readonly JsonReaderOptions s_options = new() { MaxDepth = MostDepth };

    /// <summary>Reads a message.</summary>
    /// <param name="vm">Who sent it.</param>
    /// <param name="json">At most <see cref="MetricLimits.MessageBytes"/> of UTF-8.</param>
    /// <param name="nowUnixMs">The time of points that do not say theirs.</param>
    /// <param name="points">The points; none when the message is refused.</param>
    /// <returns>Null, or one line: where, what was expected, what was found.</returns>
    internal static string? TryRead(ResourceName vm, ReadOnlySpan<byte> json, long nowUnixMs, List<MetricPoint> points)
    {
        points.Clear();
        Utf8JsonReader reader = new(json, s_options);
        string? fault;
        try
        {
            fault = !reader.Read() ? "expected JSON, found nothing" : ReadAll(ref reader, vm, nowUnixMs, points);
            // Throws when there is more.
            _ = fault is null && reader.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not UTF-8.
            fault = $"expected JSON, found something else at byte {reader.BytesConsumed}";
        }

        if (fault is not null)
        {
            points.Clear();
        }

        return fault;
    }

    private static string? ReadAll(ref Utf8JsonReader reader, ResourceName vm, long now, List<MetricPoint> points)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return ReadPoint(ref reader, vm, now, points);
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (points.Count == MetricLimits.PointsPerMessage)
            {
                return $"expected at most {MetricLimits.PointsPerMessage} points in a message, found more";
            }

            if (ReadPoint(ref reader, vm, now, points) is string fault)
            {
                return $"point {points.Count + 1}: {fault}";
            }
        }

        return points.Count == 0 ? "expected at least one point, found an empty array" : null;
    }

    private static string? ReadPoint(ref Utf8JsonReader reader, ResourceName vm, long now, List<MetricPoint> points)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return $"expected an object, found {Name(reader.TokenType)}";
        }

        Draft draft = new() { AtUnixMs = now };
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (ReadField(ref reader, ref draft) is string fault)
            {
                return fault;
            }
        }

        if (draft.Name is null || draft.Value is null)
        {
            return $"expected a name and a value, found no {(draft.Name is null ? "name" : "value")}";
        }

        KeyValuePair<string, string>[] labels = draft.Labels is null ? [] : [.. draft.Labels.OrderBy(static label => label.Key, StringComparer.Ordinal)];
        MetricPoint point = new(vm, draft.Name, draft.Value.Value, draft.Unit, labels, draft.AtUnixMs);
        if ((MetricRules.Check(point) ?? CheckTime(draft.AtUnixMs, now)) is string broken)
        {
            return broken;
        }

        points.Add(point);
        return null;
    }

    private static string? ReadField(ref Utf8JsonReader reader, ref Draft draft)
    {
        string field = reader.GetString()!;
        reader.Read();
        switch (field)
        {
            case "name" when reader.TokenType == JsonTokenType.String:
                draft.Name = reader.GetString();
                return null;
            case "value" when reader.TokenType == JsonTokenType.Number:
                draft.Value = reader.TryGetDouble(out double value) ? value : double.NaN;
                return null;
            case "unit" when reader.TokenType == JsonTokenType.String:
                draft.Unit = reader.GetString()!;
                return null;
            case "labels" when reader.TokenType == JsonTokenType.StartObject:
                return ReadLabels(ref reader, draft.Labels ??= []);
            case "timestamp" when reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long at):
                draft.AtUnixMs = at;
                return null;
            case "name" or "unit":
                return $"{field}: expected a string, found {Name(reader.TokenType)}";
            case "value":
                return $"value: expected a number, found {Name(reader.TokenType)}";
            case "labels":
                return $"labels: expected an object of strings, found {Name(reader.TokenType)}";
            case "timestamp":
                return "timestamp: expected whole milliseconds since 1970, found something else";
            default:
                return $"expected one of name, value, unit, labels, timestamp, found '{Short(field)}'";
        }
    }

    private static string? ReadLabels(ref Utf8JsonReader reader, List<KeyValuePair<string, string>> labels)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                return $"label '{Short(name)}': expected a string, found {Name(reader.TokenType)}";
            }

            if (labels.Count > MetricLimits.Labels)
            {
                return $"labels: expected at most {MetricLimits.Labels}, found more";
            }

            labels.Add(new(name, reader.GetString()!));
        }

        return null;
    }

    private static string? CheckTime(long at, long now) =>
        at < now - (MetricLimits.OldestSeconds * 1_000L) || at > now + (MetricLimits.AheadSeconds * 1_000L)
            ? $"timestamp: expected milliseconds since 1970 at most {MetricLimits.OldestSeconds} s before and {MetricLimits.AheadSeconds} s after the device's {now}, found {at}"
            : null;

    private static string Name(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "a boolean",
    };

    private static string Short(string text)
    {
        const int most = 40;
        return new string([.. ShortText.Of(text, most, "…").Select(static c => char.IsControl(c) ? '?' : c)]);
    }

    private ref struct Draft
    {
        public Draft()
        {
        }

        internal string? Name = null;
        internal double? Value = null;
        internal string Unit = "";
        internal List<KeyValuePair<string, string>>? Labels = null;
        internal long AtUnixMs = 0;
    }
}
