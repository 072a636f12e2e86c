using System.Formats.Cbor;

namespace MicroVm.Shared.Tests.Codecs.Cbor;

/// <summary>Makes documents of documents.</summary>
internal static class CborEdit
{
    /// <summary>Adds a field to every map with integer keys, however deep; <paramref name="key"/> has to be above all others.</summary>
    public static byte[] AddToEveryMap(byte[] document, int key, byte[] value)
    {
        CborWriter writer = new(CborConformanceMode.Canonical);
        Copy(new CborReader(document, CborConformanceMode.Canonical), writer, key, value);
        return writer.Encode();
    }

    /// <summary>A document with one map, its fields already encoded.</summary>
    public static byte[] Map(params (int Key, byte[] Value)[] fields)
    {
        CborWriter writer = new(CborConformanceMode.Lax);
        writer.WriteStartMap(fields.Length);
        foreach ((int key, byte[] value) in fields)
        {
            writer.WriteInt32(key);
            writer.WriteEncodedValue(value);
        }

        writer.WriteEndMap();
        return writer.Encode();
    }

    /// <summary>An array in an array in an array.</summary>
    public static byte[] Nested(int depth) => [.. Enumerable.Repeat((byte)0x81, depth), 0x00];

    private static void Copy(CborReader reader, CborWriter writer, int key, byte[] value)
    {
        switch (reader.PeekState())
        {
            case CborReaderState.StartMap:
                CopyMap(reader, writer, key, value);
                break;
            case CborReaderState.StartArray:
                writer.WriteStartArray(reader.ReadStartArray());
                while (reader.PeekState() != CborReaderState.EndArray)
                {
                    Copy(reader, writer, key, value);
                }

                reader.ReadEndArray();
                writer.WriteEndArray();
                break;
            default:
                writer.WriteEncodedValue(reader.ReadEncodedValue().Span);
                break;
        }
    }

    private static void CopyMap(CborReader reader, CborWriter writer, int key, byte[] value)
    {
        int count = reader.ReadStartMap()!.Value;
        bool numbered = count > 0 && reader.PeekState() == CborReaderState.UnsignedInteger;
        writer.WriteStartMap(numbered ? count + 1 : count);
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            writer.WriteEncodedValue(reader.ReadEncodedValue().Span);
            Copy(reader, writer, key, value);
        }

        if (numbered)
        {
            writer.WriteInt32(key);
            writer.WriteEncodedValue(value);
        }

        reader.ReadEndMap();
        writer.WriteEndMap();
    }
}
