using System.Formats.Cbor;

namespace MicroVm.Shared.Codecs.Cbor;

/// <summary>
/// Writes one CBOR document in deterministic encoding (RFC 8949 section 4.2.1): definite lengths, shortest forms, keys
/// sorted. The sorting is the writer's: fields may be added in any order, absent ones are not written.
/// </summary>
public sealed class WireWriter
{
    private readonly CborWriter _writer = new(CborConformanceMode.Canonical, convertIndefiniteLengthEncodings: true);

    /// <summary>Encodes a whole document.</summary>
    public static byte[] Encode(Action<WireWriter> write)
    {
        WireWriter writer = new();
        write(writer);
        return writer._writer.Encode();
    }

    /// <summary>Writes a map whose fields <paramref name="fields"/> adds.</summary>
    public void WriteMap(Action<WireWriter> fields)
    {
        _writer.WriteStartMap(null);
        fields(this);
        _writer.WriteEndMap();
    }

    /// <summary>Writes an array, each element by <paramref name="item"/>.</summary>
    public void WriteList<T>(IReadOnlyCollection<T> items, Action<WireWriter, T> item)
    {
        _writer.WriteStartArray(items.Count);
        foreach (T value in items)
        {
            item(this, value);
        }

        _writer.WriteEndArray();
    }

    /// <summary>Writes a byte string, as an element of a list.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value) => _writer.WriteByteString(value);

    /// <summary>Adds a text field.</summary>
    public void Field(int key, string value)
    {
        _writer.WriteInt32(key);
        _writer.WriteTextString(value);
    }

    /// <summary>Adds a byte-string field.</summary>
    public void Field(int key, ReadOnlySpan<byte> value)
    {
        _writer.WriteInt32(key);
        _writer.WriteByteString(value);
    }

    /// <summary>Adds an integer field.</summary>
    public void Field(int key, long value)
    {
        _writer.WriteInt32(key);
        _writer.WriteInt64(value);
    }

    /// <summary>Adds an unsigned integer field.</summary>
    public void Field(int key, ulong value)
    {
        _writer.WriteInt32(key);
        _writer.WriteUInt64(value);
    }

    /// <summary>Adds a boolean field.</summary>
    public void Field(int key, bool value)
    {
        _writer.WriteInt32(key);
        _writer.WriteBoolean(value);
    }

    /// <summary>Adds a field whose value <paramref name="write"/> writes: exactly one item.</summary>
    public void WriteField(int key, Action<WireWriter> write)
    {
        _writer.WriteInt32(key);
        write(this);
    }

    /// <summary>Adds an array field.</summary>
    public void ListField<T>(int key, IReadOnlyCollection<T> items, Action<WireWriter, T> item)
    {
        _writer.WriteInt32(key);
        WriteList(items, item);
    }

    /// <summary>Adds an array-of-text field.</summary>
    public void TextListField(int key, IReadOnlyCollection<string> items) =>
        ListField(key, items, static (writer, text) => writer._writer.WriteTextString(text));

    /// <summary>Adds an array-of-integers field.</summary>
    public void IntegerListField(int key, ReadOnlySpan<long> items)
    {
        _writer.WriteInt32(key);
        WriteIntegers(items);
    }

    /// <summary>Writes an array of integers, as an element of a list.</summary>
    public void WriteIntegers(ReadOnlySpan<long> items)
    {
        _writer.WriteStartArray(items.Length);
        foreach (long item in items)
        {
            _writer.WriteInt64(item);
        }

        _writer.WriteEndArray();
    }

    /// <summary>Adds an array-of-numbers field; each takes the fewest bytes that hold it exactly.</summary>
    public void NumberListField(int key, ReadOnlySpan<double> items)
    {
        _writer.WriteInt32(key);
        _writer.WriteStartArray(items.Length);
        foreach (double item in items)
        {
            _writer.WriteDouble(item);
        }

        _writer.WriteEndArray();
    }

    /// <summary>Adds a text-to-text map field.</summary>
    public void TextMapField(int key, IReadOnlyCollection<KeyValuePair<string, string>> pairs)
    {
        _writer.WriteInt32(key);
        _writer.WriteStartMap(pairs.Count);
        foreach ((string name, string value) in pairs)
        {
            _writer.WriteTextString(name);
            _writer.WriteTextString(value);
        }

        _writer.WriteEndMap();
    }
}
