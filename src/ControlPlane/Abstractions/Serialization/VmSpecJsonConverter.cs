using System.Text.Json;
using System.Text.Json.Serialization;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Faults;

namespace MicroVm.ControlPlane.Abstractions.Serialization;

/// <summary>Keeps a <see cref="VmSpec"/> in a grain's JSON as its wire encoding in base64: what keeps documents readable keeps this readable.</summary>
public sealed class VmSpecJsonConverter : JsonConverter<VmSpec>
{
    /// <inheritdoc/>
    public override VmSpec Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return VmSpec.Decode(reader.GetBytesFromBase64());
        }
        catch (WireFormatException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, VmSpec value, JsonSerializerOptions options) => writer.WriteBase64StringValue(value.Encode());
}
