namespace MicroVm.Vmm.Mmds;

/// <summary>Values as EC2's instance metadata service shows them: an object is a line for each of its names, a string is its text.</summary>
internal static class ImdsText
{
    /// <summary>
    /// The text of a value; false for one that has none there (a number, a truth value, null, an array). A string without escapes is
    /// a slice of <paramref name="value"/>, anything else is <paramref name="isCopy"/>.
    /// </summary>
    internal static bool TryFormat(ReadOnlyMemory<byte> value, out ReadOnlyMemory<byte> text, out bool isCopy)
    {
        isCopy = false;
        text = default;
        switch (value.Span[0])
        {
            case (byte)'"' when value.Span.IndexOf((byte)'\\') < 0:
                text = value[1..^1];
                return true;
            case (byte)'"':
                byte[] plain = new byte[value.Length];
                text = plain.AsMemory(0, JsonText.Unescape(value.Span, plain));
                isCopy = true;
                return true;
            case (byte)'{':
                text = Names(JsonText.Inside(value.Span));
                isCopy = true;
                return true;
            default:
                return false;
        }
    }

    /// <summary>One name a line; a slash behind those of objects.</summary>
    private static ReadOnlyMemory<byte> Names(ReadOnlySpan<byte> inside)
    {
        int room = 0;
        ReadOnlySpan<byte> rest = inside;
        while (JsonText.TryTakeMember(ref rest, out ReadOnlySpan<byte> key, out _))
        {
            room += key.Length;
        }

        byte[] text = new byte[room];
        int length = 0;
        while (JsonText.TryTakeMember(ref inside, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value))
        {
            if (length != 0)
            {
                text[length++] = (byte)'\n';
            }

            // A key's two quotes are the room for line feed and slash.
            length += JsonText.Unescape(key, text.AsSpan(length));
            if (value[0] == '{')
            {
                text[length++] = (byte)'/';
            }
        }

        return text.AsMemory(0, length);
    }
}
