namespace MicroVm.Vmm.Mmds;

/// <summary>JSON Merge Patch (RFC 7396) of normal JSON: both sides have their keys in order, so that one walk over both is enough.</summary>
internal struct JsonMergePatch
{
    private readonly byte[] _output;
    private int _length;

    private JsonMergePatch(int bytes) => _output = new byte[bytes];

    /// <summary>The document that <paramref name="patch"/> makes of <paramref name="target"/>.</summary>
    internal static byte[] Apply(ReadOnlySpan<byte> target, ReadOnlySpan<byte> patch)
    {
        // Two objects share a pair of brackets and need one more comma: never longer than both.
        var merge = new JsonMergePatch(target.Length + patch.Length);
        merge.Merge(target, patch);
        return merge._output.AsSpan(0, merge._length).ToArray();
    }

    private void Merge(ReadOnlySpan<byte> target, ReadOnlySpan<byte> patch)
    {
        if (patch[0] != '{')
        {
            Write(patch);
            return;
        }

        ReadOnlySpan<byte> old = !target.IsEmpty && target[0] == '{' ? JsonText.Inside(target) : default;
        ReadOnlySpan<byte> changes = JsonText.Inside(patch);
        Write("{"u8);
        int start = _length;
        bool hasOld = JsonText.TryTakeMember(ref old, out ReadOnlySpan<byte> oldKey, out ReadOnlySpan<byte> oldValue);
        bool hasChange = JsonText.TryTakeMember(ref changes, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value);
        while (hasOld || hasChange)
        {
            int order = !hasOld ? 1 : !hasChange ? -1 : oldKey[..^1].SequenceCompareTo(key[..^1]);
            if (order < 0)
            {
                WriteKey(start, oldKey);
                Write(oldValue);
            }
            else if (!value.SequenceEqual("null"u8))
            {
                WriteKey(start, key);
                Merge(order == 0 ? oldValue : default, value);
            }

            hasOld = order <= 0 ? JsonText.TryTakeMember(ref old, out oldKey, out oldValue) : hasOld;
            hasChange = order >= 0 ? JsonText.TryTakeMember(ref changes, out key, out value) : hasChange;
        }

        Write("}"u8);
    }

    private void WriteKey(int start, ReadOnlySpan<byte> key)
    {
        if (_length != start)
        {
            Write(","u8);
        }

        Write(key);
        Write(":"u8);
    }

    private void Write(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_output.AsSpan(_length));
        _length += text.Length;
    }
}
