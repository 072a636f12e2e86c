using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;

namespace MicroVm.Vmm.Tests.Mmds;

/// <summary>JSON documents for properties: few names, so that they meet, and strings with everything that wants an escape.</summary>
internal static class JsonDocuments
{
    private static readonly string[] s_names = ["a", "ab", "b", "", "c/d", "~", "e\"f", "\\", "\n", "\u00e4", "0", "1"];

    private static readonly JsonSerializerOptions s_compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    internal static Gen<string> Name { get; } = Gen.Int[0, s_names.Length - 1].Select(i => s_names[i]);

    internal static Gen<JsonNode?> Any { get; } = Node(3);

    internal static string Write(JsonNode? node, bool indented = false) =>
        node is null ? "null" : node.ToJsonString(indented ? s_indented : s_compact);

    private static Gen<JsonNode?> Node(int depth)
    {
        Gen<JsonNode?> leaf = Gen.OneOf(
            Gen.Const((JsonNode?)null),
            Gen.Int.Select(value => (JsonNode?)value),
            Gen.Bool.Select(value => (JsonNode?)value),
            Name.Select(value => (JsonNode?)value),
            Gen.String[0, 8].Select(value => (JsonNode?)string.Concat(value.Where(c => !char.IsSurrogate(c)))));
        if (depth == 0)
        {
            return leaf;
        }

        Gen<JsonNode?> inner = Node(depth - 1);
        return Gen.OneOf(
            leaf,
            inner.Array[0, 4].Select(items => (JsonNode?)new JsonArray([.. items.Select(item => item?.DeepClone())])),
            Gen.Select(Name, inner).Array[0, 6].Select(members =>
            {
                var result = new JsonObject();
                foreach ((string name, JsonNode? value) in members)
                {
                    result[name] = value?.DeepClone();
                }

                return (JsonNode?)result;
            }));
    }
}
