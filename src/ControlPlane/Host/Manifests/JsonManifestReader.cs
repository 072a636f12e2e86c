using System.Text.Json;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Builds nodes from JSON: one document, or a list of documents.</summary>
internal static class JsonManifestReader
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = ManifestLimits.Depth, AllowDuplicateProperties = false };

    /// <exception cref="ManifestSyntaxException">The text is not JSON or is too large.</exception>
    internal static IReadOnlyList<ManifestNode> Read(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, s_options);
            ManifestNode root = Convert(document.RootElement);
            return root.Weight > ManifestLimits.Nodes
                ? throw new ManifestSyntaxException($"manifest: expected at most {ManifestLimits.Nodes} values, found {root.Weight}")
                : root is ManifestList list ? list.Items : [root];
        }
        catch (JsonException e)
        {
            throw new ManifestSyntaxException($"manifest: expected JSON, found an error: {e.Message}", e);
        }
    }

    private static ManifestNode Convert(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new ManifestMap([.. element.EnumerateObject().Select(field => KeyValuePair.Create(field.Name, Convert(field.Value)))]),
        JsonValueKind.Array => new ManifestList([.. element.EnumerateArray().Select(Convert)]),
        JsonValueKind.String => new ManifestText(element.GetString()!),
        JsonValueKind.Number => new ManifestScalar(ManifestScalarKind.Number, element.GetRawText()),
        JsonValueKind.True or JsonValueKind.False => new ManifestScalar(ManifestScalarKind.Boolean, element.GetRawText()),
        _ => new ManifestScalar(ManifestScalarKind.Null, "null"),
    };
}
