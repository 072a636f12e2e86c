using System.Text;
using System.Text.Json;

namespace MicroVm.Vmm.Control.Requests;

/// <summary>
/// A forward walk over one JSON document that knows where it is: every value is read with its range, every field is one of those
/// expected, and none comes twice. All faults are <see cref="VmConfigException"/> with the field's path.
/// </summary>
internal ref struct JsonCursor
{
    private const int MaxDepth = 8;
    private const int MaxShownCharacters = 40;

    private readonly string _root;
    private Utf8JsonReader _reader;
    private string _path;

    /// <summary>Starts before the document; <paramref name="root"/> names it in messages and may be empty.</summary>
    internal JsonCursor(ReadOnlySpan<byte> json, string root)
    {
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        _root = root;
        _path = root;
        Advance();
    }

    /// <summary>The value that the cursor stands on.</summary>
    internal readonly string Path => _path.Length == 0 ? "configuration" : _path;

    /// <summary>True on a JSON null.</summary>
    internal readonly bool IsNull => _reader.TokenType == JsonTokenType.Null;

    /// <summary>True on a string.</summary>
    internal readonly bool IsString => _reader.TokenType == JsonTokenType.String;

    /// <summary>Enters the object the cursor stands on.</summary>
    internal readonly JsonObjectScope EnterObject()
    {
        Require(JsonTokenType.StartObject, "an object");
        return new JsonObjectScope { Path = _path };
    }

    /// <summary>Moves to the value of the object's next field; false at its end.</summary>
    internal bool NextField(ref JsonObjectScope scope, ReadOnlySpan<string> known, out string name)
    {
        name = "";
        _path = scope.Path;
        Advance();
        if (_reader.TokenType == JsonTokenType.EndObject)
        {
            return false;
        }

        for (int i = 0; i < known.Length; i++)
        {
            if (TextEquals(known[i]))
            {
                name = known[i];
                _path = scope.Path.Length == 0 ? name : $"{scope.Path}.{name}";
                if ((scope.Seen & (1UL << i)) != 0)
                {
                    throw new VmConfigException(Path, "the field once", "it twice");
                }

                scope.Seen |= 1UL << i;
                Advance();
                return true;
            }
        }

        throw new VmConfigException(Path, $"only the fields {string.Join(", ", known.ToArray())}", $"unknown field `{ShowToken().Trim('"')}`");
    }

    /// <summary>Moves to the next element of the array the cursor stands on or in; false at its end. Start with index -1.</summary>
    internal bool NextElement(string arrayPath, ref int index)
    {
        if (index < 0)
        {
            Require(JsonTokenType.StartArray, "an array");
        }

        index++;
        _path = $"{arrayPath}[{index}]";
        Advance();
        return _reader.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>A string without NUL of at least one and at most <paramref name="maxBytes"/> UTF-8 bytes.</summary>
    internal readonly string ReadString(int maxBytes)
    {
        Require(JsonTokenType.String, "a string");
        string value;
        try
        {
            value = _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new VmConfigException(Path, "valid Unicode", "bytes that are none");
        }

        int bytes = Encoding.UTF8.GetByteCount(value);
        if (bytes == 0 || bytes > maxBytes || value.Contains('\0', StringComparison.Ordinal))
        {
            throw new VmConfigException(Path, $"1 to {maxBytes} bytes of text without NUL", bytes > maxBytes ? $"{bytes} bytes" : Quote(value));
        }

        return value;
    }

    /// <summary>As <see cref="ReadString"/>, with null for null.</summary>
    internal readonly string? ReadStringOrNull(int maxBytes) => IsNull ? null : ReadString(maxBytes);

    /// <summary>true or false.</summary>
    internal readonly bool ReadBoolean() =>
        _reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            _ => throw new VmConfigException(Path, "true or false", ShowToken()),
        };

    /// <summary>A whole number between the bounds, both included.</summary>
    internal readonly long ReadInteger(long min, long max)
    {
        if (_reader.TokenType != JsonTokenType.Number || !_reader.TryGetInt64(out long value) || value < min || value > max)
        {
            throw new VmConfigException(Path, $"a whole number from {min} to {max}", ShowToken());
        }

        return value;
    }

    /// <summary>Index of the string among <paramref name="names"/>; letter case does not count when <paramref name="ignoreCase"/>.</summary>
    internal readonly int ReadChoice(ReadOnlySpan<string> names, bool ignoreCase = false)
    {
        if (_reader.TokenType == JsonTokenType.String)
        {
            string value = ReadString(MaxShownCharacters);
            for (int i = 0; i < names.Length; i++)
            {
                if (value.Equals(names[i], ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
                {
                    return i;
                }
            }
        }

        throw new VmConfigException(Path, $"one of {string.Join(", ", names.ToArray())}", ShowToken());
    }

    /// <summary>
    /// A setting of Firecracker's that this VMM does not have: accepted when it asks for nothing (null, false, an empty array, or
    /// <paramref name="neutral"/>), refused otherwise.
    /// </summary>
    internal void RefuseUnlessNeutral(string? neutral = null)
    {
        bool isNeutral = _reader.TokenType switch
        {
            JsonTokenType.Null or JsonTokenType.False => true,
            JsonTokenType.String => neutral is not null && TextEquals(neutral),
            _ => false,
        };
        string shown = ShowToken();
        if (!isNeutral && _reader.TokenType == JsonTokenType.StartArray)
        {
            Advance();
            isNeutral = _reader.TokenType == JsonTokenType.EndArray;
        }

        if (!isNeutral)
        {
            throw new VmConfigException(Path, neutral is null ? "it absent (not supported)" : $"\"{neutral}\" (others are not supported)", shown);
        }
    }

    /// <summary>Throws when field <paramref name="name"/> of the section is missing.</summary>
    internal readonly T Required<T>(T? value, in JsonObjectScope scope, string name)
        where T : class =>
        value ?? throw new VmConfigException(scope.Path.Length == 0 ? name : $"{scope.Path}.{name}", "the field", $"nothing (missing field `{name}`)");

    /// <summary>Makes sure that nothing follows the document.</summary>
    internal void End()
    {
        _path = _root;
        try
        {
            if (_reader.Read())
            {
                throw new VmConfigException(Path, "one JSON value", "more behind it");
            }
        }
        catch (JsonException fault)
        {
            throw Malformed(fault);
        }
    }

    private void Advance()
    {
        try
        {
            if (!_reader.Read())
            {
                throw new VmConfigException(Path, "a JSON value", "the end of the input");
            }
        }
        catch (JsonException fault)
        {
            throw Malformed(fault);
        }
    }

    // The reader throws at an escaped surrogate without its other half, which is in the grammar of JSON but is no text.
    private readonly bool TextEquals(string text)
    {
        try
        {
            return _reader.ValueTextEquals(text);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private readonly VmConfigException Malformed(JsonException fault) =>
        new(Path, "JSON", $"something else at line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}");

    private readonly void Require(JsonTokenType type, string expected)
    {
        if (_reader.TokenType != type)
        {
            throw new VmConfigException(Path, expected, ShowToken());
        }
    }

    private readonly string ShowToken() => _reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.Null => "null",
        JsonTokenType.String or JsonTokenType.PropertyName => Quote(Encoding.UTF8.GetString(Shown(_reader.ValueSpan))),
        _ => Encoding.UTF8.GetString(Shown(_reader.ValueSpan)),
    };

    private static ReadOnlySpan<byte> Shown(ReadOnlySpan<byte> value) => value[..Math.Min(value.Length, MaxShownCharacters)];

    private static string Quote(string value)
    {
        var text = new StringBuilder("\"");
        foreach (char c in value.AsSpan(0, Math.Min(value.Length, MaxShownCharacters)))
        {
            text.Append(char.IsControl(c) ? '?' : c);
        }

        return text.Append('"').ToString();
    }
}
