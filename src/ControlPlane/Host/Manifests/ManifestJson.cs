using System.Text;
using System.Text.Json;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Writes a node as JSON: what is shown is the same whether YAML or JSON was applied.</summary>
internal static class ManifestJson
{
    internal static string Write(ManifestNode node)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            Write(writer, node);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter writer, ManifestNode node)
    {
        switch (node)
        {
            case ManifestMap map:
                writer.WriteStartObject();
                foreach ((string name, ManifestNode value) in map.Fields)
                {
                    writer.WritePropertyName(name);
                    Write(writer, value);
                }

                writer.WriteEndObject();
                break;
            case ManifestList list:
                writer.WriteStartArray();
                foreach (ManifestNode item in list.Items)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case ManifestText text:
                writer.WriteStringValue(text.Value);
                break;
            case ManifestScalar { Kind: ManifestScalarKind.Boolean } boolean:
                writer.WriteBooleanValue(boolean.Literal.StartsWith("t", StringComparison.OrdinalIgnoreCase));
                break;
            case ManifestScalar { Kind: ManifestScalarKind.Number } number when long.TryParse(number.Literal, out long whole):
                writer.WriteNumberValue(whole);
                break;
            case ManifestScalar { Kind: ManifestScalarKind.Number } number:
                // Only whole numbers pass the checks; what is no such number is shown as it was written.
                writer.WriteStringValue(number.Literal);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }
}
