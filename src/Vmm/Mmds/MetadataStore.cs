namespace MicroVm.Vmm.Mmds;

/// <summary>
/// The one document that the host gives its guest. Kept as text in normal form and replaced as a whole, so that a value handed out
/// stays what it was. On the loop thread.
/// </summary>
/// <param name="limitBytes">Most bytes the document may have in normal form.</param>
internal sealed class MetadataStore(int limitBytes)
{
    private static readonly byte[] s_null = "null"u8.ToArray();

    private byte[]? _document;

    /// <summary>Most bytes the document may have.</summary>
    internal int LimitBytes => limitBytes;

    /// <summary>True once there was a document.</summary>
    internal bool IsInitialized => _document is not null;

    /// <summary>The document in normal form; null as long as there was none.</summary>
    internal ReadOnlyMemory<byte> Document => _document ?? s_null;

    /// <summary>Replaces the document; false, and nothing is changed, when it is larger than the limit.</summary>
    /// <exception cref="Control.VmConfigException">It is no JSON.</exception>
    internal bool TryPut(ReadOnlySpan<byte> json) => TryReplace(JsonNormalizer.Normalize(json));

    /// <summary>Changes the document, which has to be there, by a merge patch; false, and nothing is changed, when that makes it too large.</summary>
    internal bool TryPatch(ReadOnlySpan<byte> normalPatch) => TryReplace(JsonMergePatch.Apply(_document, normalPatch));

    /// <summary>
    /// The value at a path: names and array indices with slashes between them and before the first, as a JSON pointer (RFC 6901); one
    /// slash at the end does not count.
    /// </summary>
    internal bool TryFind(ReadOnlySpan<byte> path, out ReadOnlyMemory<byte> value)
    {
        value = Document;
        if (!path.IsEmpty && path[^1] == '/')
        {
            path = path[..^1];
        }

        while (!path.IsEmpty)
        {
            if (path[0] != '/')
            {
                return false;
            }

            int end = path[1..].IndexOf((byte)'/');
            ReadOnlySpan<byte> name = end < 0 ? path[1..] : path[1..(end + 1)];
            path = path[(name.Length + 1)..];
            if (!TryStep(ref value, name))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryReplace(byte[] document)
    {
        if (document.Length > limitBytes)
        {
            return false;
        }

        _document = document;
        return true;
    }

    private static bool TryStep(ref ReadOnlyMemory<byte> value, ReadOnlySpan<byte> name) => value.Span[0] switch
    {
        (byte)'{' => TryFindMember(ref value, name),
        (byte)'[' => TryFindElement(ref value, name),
        _ => false,
    };

    private static bool TryFindMember(ref ReadOnlyMemory<byte> value, ReadOnlySpan<byte> name)
    {
        byte[] wanted = EscapedName(name);
        ReadOnlySpan<byte> inside = JsonText.Inside(value.Span);
        while (JsonText.TryTakeMember(ref inside, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> member))
        {
            if (JsonText.Inside(key).SequenceEqual(wanted))
            {
                value = value[Offset(value.Span, member)..][..member.Length];
                return true;
            }
        }

        return false;
    }

    private static bool TryFindElement(ref ReadOnlyMemory<byte> value, ReadOnlySpan<byte> name)
    {
        int index = ParseIndex(name);
        ReadOnlySpan<byte> inside = JsonText.Inside(value.Span);
        while (index >= 0 && JsonText.TryTakeElement(ref inside, out ReadOnlySpan<byte> element))
        {
            if (index-- == 0)
            {
                value = value[Offset(value.Span, element)..][..element.Length];
                return true;
            }
        }

        return false;
    }

    /// <summary>The index that a name is, without zeros before it; -1 for one that is none.</summary>
    private static int ParseIndex(ReadOnlySpan<byte> name)
    {
        bool isIndex = name.Length is > 0 and < 10 && (name[0] != '0' || name.Length == 1);
        int index = 0;
        foreach (byte digit in name)
        {
            isIndex = isIndex && digit is >= (byte)'0' and <= (byte)'9';
            index = isIndex ? (index * 10) + (digit - '0') : -1;
        }

        return isIndex ? index : -1;
    }

    /// <summary>The name as it stands in the document: without the escapes of a pointer (~1 and ~0), with those of JSON.</summary>
    private static byte[] EscapedName(ReadOnlySpan<byte> name)
    {
        byte[] plain = new byte[name.Length];
        int length = 0;
        for (int i = 0; i < name.Length; i++)
        {
            bool isEscape = name[i] == '~' && i + 1 < name.Length && name[i + 1] is (byte)'0' or (byte)'1';
            plain[length++] = isEscape ? name[++i] == '1' ? (byte)'/' : (byte)'~' : name[i];
        }

        byte[] escaped = new byte[length * JsonText.MaxEscapeBytes];
        return escaped.AsSpan(0, JsonText.Escape(plain.AsSpan(0, length), escaped)).ToArray();
    }

    private static int Offset(ReadOnlySpan<byte> text, ReadOnlySpan<byte> part)
    {
        bool overlaps = text.Overlaps(part, out int offset);
        System.Diagnostics.Debug.Assert(overlaps);
        return offset;
    }
}
