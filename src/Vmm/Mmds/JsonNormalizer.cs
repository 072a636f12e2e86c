using System.Text.Json;
using System.Text.Unicode;
using MicroVm.Vmm.Control;

namespace MicroVm.Vmm.Mmds;

/// <summary>
/// Brings any JSON document into the normal form of <see cref="JsonText"/>. Of members with the same key the last one counts. Numbers
/// stay as they are written. The outcome is never longer than the document, so one buffer of its size is all that is needed.
/// </summary>
internal ref struct JsonNormalizer
{
    /// <summary>Deepest nesting, Firecracker's.</summary>
    private const int MaxDepth = 127;

    private readonly List<Member> _members = [];
    private readonly byte[] _output;
    private Utf8JsonReader _reader;
    private int _length;

    private JsonNormalizer(ReadOnlySpan<byte> json)
    {
        _output = new byte[json.Length];
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    /// <summary>The document in normal form.</summary>
    /// <exception cref="VmConfigException">It is no JSON, or nested too deeply.</exception>
    internal static byte[] Normalize(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            throw new VmConfigException("mmds", "UTF-8", "bytes that are none");
        }

        var normalizer = new JsonNormalizer(json);
        try
        {
            normalizer.Read();
            normalizer.WriteValue();
            if (normalizer._reader.Read())
            {
                throw new VmConfigException("mmds", "one JSON value", "more behind it");
            }
        }
        catch (JsonException fault)
        {
            throw new VmConfigException("mmds", "JSON", $"something else at line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}");
        }
        catch (InvalidOperationException)
        {
            throw new VmConfigException("mmds", "valid Unicode", "half of a surrogate pair");
        }

        return normalizer._output.AsSpan(0, normalizer._length).ToArray();
    }

    private void Read()
    {
        if (!_reader.Read())
        {
            throw new VmConfigException("mmds", "a JSON value", "the end of the input");
        }
    }

    private void WriteValue()
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                WriteObject();
                break;
            case JsonTokenType.StartArray:
                WriteArray();
                break;
            case JsonTokenType.String:
                WriteString();
                break;
            default:
                _reader.ValueSpan.CopyTo(_output.AsSpan(_length));
                _length += _reader.ValueSpan.Length;
                break;
        }
    }

    private void WriteArray()
    {
        Write('[');
        bool isFirst = true;
        for (Read(); _reader.TokenType != JsonTokenType.EndArray; Read())
        {
            if (!isFirst)
            {
                Write(',');
            }

            isFirst = false;
            WriteValue();
        }

        Write(']');
    }

    private void WriteObject()
    {
        int firstMember = _members.Count;
        Write('{');
        int start = _length;
        for (Read(); _reader.TokenType != JsonTokenType.EndObject; Read())
        {
            if (_members.Count != firstMember)
            {
                Write(',');
            }

            int at = _length;
            WriteString();
            int keyBytes = _length - at;
            Write(':');
            Read();
            WriteValue();
            _members.Add(new Member(at, keyBytes, _length - at));
        }

        Arrange(_members.GetRange(firstMember, _members.Count - firstMember), start);
        _members.RemoveRange(firstMember, _members.Count - firstMember);
        Write('}');
    }

    /// <summary>Puts the members written from <paramref name="start"/> on into the order of their keys.</summary>
    private void Arrange(List<Member> members, int start)
    {
        byte[] output = _output;
        if (AreArranged(members))
        {
            return;
        }

        members.Sort((a, b) => Compare(output, a, b) is var order and not 0 ? order : a.Start - b.Start);
        byte[] written = output.AsSpan(start, _length - start).ToArray();
        _length = start;
        for (int i = 0; i < members.Count; i++)
        {
            // Of several with one key the last in the document is the last here, too.
            if (i + 1 < members.Count && KeyOf(written, members[i], start).SequenceEqual(KeyOf(written, members[i + 1], start)))
            {
                continue;
            }

            if (_length != start)
            {
                Write(',');
            }

            written.AsSpan(members[i].Start - start, members[i].Bytes).CopyTo(output.AsSpan(_length));
            _length += members[i].Bytes;
        }
    }

    private readonly bool AreArranged(List<Member> members)
    {
        for (int i = 1; i < members.Count; i++)
        {
            if (Compare(_output, members[i - 1], members[i]) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    private static int Compare(byte[] output, Member a, Member b) => KeyOf(output, a, 0).SequenceCompareTo(KeyOf(output, b, 0));

    /// <summary>Without the closing quote, so that a key comes before those that it begins.</summary>
    private static ReadOnlySpan<byte> KeyOf(byte[] text, Member member, int start) => text.AsSpan(member.Start - start, member.KeyBytes - 1);

    private void WriteString()
    {
        byte[] text = new byte[_reader.ValueSpan.Length];
        int length = _reader.CopyString(text);
        Write('"');
        _length += JsonText.Escape(text.AsSpan(0, length), _output.AsSpan(_length));
        Write('"');
    }

    private void Write(char character) => _output[_length++] = (byte)character;

    private readonly record struct Member(int Start, int KeyBytes, int Bytes);
}
