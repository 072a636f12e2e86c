using System.Buffers.Binary;

namespace MicroVm.EdgeAgent.Networks.Links;

/// <summary>Walks over the attributes of an answer of rtnetlink(7). What does not fit ends the walk.</summary>
internal ref struct NetlinkAttributes(ReadOnlySpan<byte> bytes)
{
    private const ushort TypeMask = 0x3FFF;
    private ReadOnlySpan<byte> _left = bytes;

    /// <summary>The next attribute; false at the end.</summary>
    internal bool TryNext(out ushort type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if (_left.Length < 4)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16LittleEndian(_left);
        if (length < 4 || length > _left.Length)
        {
            return false;
        }

        type = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(_left[2..]) & TypeMask);
        value = _left[4..length];
        _left = _left[Math.Min((length + 3) & ~3, _left.Length)..];
        return true;
    }
}
