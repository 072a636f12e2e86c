namespace MicroVm.Vmm.Mmds;

/// <summary>
/// Walks and writes normal JSON text, which <see cref="JsonNormalizer"/> makes: no white space, members in the order of their keys,
/// none twice, and only those characters escaped that must be. On such text equal values are equal bytes and any value is a slice.
/// </summary>
internal static class JsonText
{
    /// <summary>Bytes of the longest escape, <c>\u001f</c>.</summary>
    internal const int MaxEscapeBytes = 6;

    private const string ShortEscapes = "b\0nf\0r";

    private static ReadOnlySpan<byte> HexDigits => "0123456789abcdef"u8;

    /// <summary>Bytes of the value that <paramref name="text"/> begins with.</summary>
    internal static int ValueBytes(ReadOnlySpan<byte> text) => text[0] switch
    {
        (byte)'"' => StringBytes(text),
        (byte)'{' or (byte)'[' => NestedBytes(text),
        _ => text.IndexOfAny(",]}"u8) is var end and >= 0 ? end : text.Length,
    };

    /// <summary>Takes the next value, and the comma behind it, off the inside of an array; false at its end.</summary>
    internal static bool TryTakeElement(ref ReadOnlySpan<byte> inside, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (inside.IsEmpty)
        {
            return false;
        }

        value = Take(ref inside, ValueBytes(inside));
        _ = inside.IsEmpty ? default : Take(ref inside, 1);
        return true;
    }

    /// <summary>Takes the next member, and the comma behind it, off the inside of an object; false at its end. The key has its quotes.</summary>
    internal static bool TryTakeMember(ref ReadOnlySpan<byte> inside, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        key = default;
        value = default;
        if (inside.IsEmpty)
        {
            return false;
        }

        key = Take(ref inside, StringBytes(inside));
        _ = Take(ref inside, 1);
        return TryTakeElement(ref inside, out value);
    }

    /// <summary>What is between the brackets of an object or array.</summary>
    internal static ReadOnlySpan<byte> Inside(ReadOnlySpan<byte> value) => value[1..^1];

    /// <summary>Writes a string without quotes, escaped; <paramref name="destination"/> has room for the longest outcome. Returns its bytes.</summary>
    internal static int Escape(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        int length = 0;
        foreach (byte value in text)
        {
            if (value >= 0x20 && value is not ((byte)'"' or (byte)'\\'))
            {
                destination[length++] = value;
                continue;
            }

            destination[length++] = (byte)'\\';
            char brief = value >= 0x20 ? (char)value : value is >= 8 and < 14 ? value == 9 ? 't' : ShortEscapes[value - 8] : '\0';
            if (brief != '\0')
            {
                destination[length++] = (byte)brief;
            }
            else
            {
                "u00"u8.CopyTo(destination[length..]);
                destination[length + 3] = (byte)('0' + (value >> 4));
                destination[length + 4] = HexDigits[value & 15];
                length += 5;
            }
        }

        return length;
    }

    /// <summary>Writes the text of a normal string, which has its quotes; it is never longer. Returns its bytes.</summary>
    internal static int Unescape(ReadOnlySpan<byte> quoted, Span<byte> destination)
    {
        ReadOnlySpan<byte> text = Inside(quoted);
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            byte value = text[i];
            if (value == '\\')
            {
                value = text[++i] switch
                {
                    (byte)'b' => 8,
                    (byte)'t' => 9,
                    (byte)'n' => 10,
                    (byte)'f' => 12,
                    (byte)'r' => 13,
                    (byte)'u' => (byte)(((text[i + 3] - '0') << 4) | HexDigits.IndexOf(text[i + 4])),
                    byte itself => itself,
                };
                i += text[i] == 'u' ? 4 : 0;
            }

            destination[length++] = value;
        }

        return length;
    }

    private static int StringBytes(ReadOnlySpan<byte> text)
    {
        for (int i = 1; ; i++)
        {
            i += text[i..].IndexOfAny((byte)'"', (byte)'\\');
            if (text[i] == '"')
            {
                return i + 1;
            }

            i++;
        }
    }

    private static int NestedBytes(ReadOnlySpan<byte> text)
    {
        int depth = 0;
        for (int i = 0; ; i++)
        {
            i += text[i..].IndexOfAny("\"[]{}"u8);
            switch (text[i])
            {
                case (byte)'"':
                    i += StringBytes(text[i..]) - 1;
                    break;
                case (byte)'[' or (byte)'{':
                    depth++;
                    break;
                default:
                    if (--depth == 0)
                    {
                        return i + 1;
                    }

                    break;
            }
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> text, int bytes)
    {
        ReadOnlySpan<byte> taken = text[..bytes];
        text = text[bytes..];
        return taken;
    }
}
