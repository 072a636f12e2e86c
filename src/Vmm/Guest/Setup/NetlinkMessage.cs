using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Setup;

/// <summary>Builds one request of rtnetlink(7): <c>struct nlmsghdr</c>, a fixed part, attributes; everything in steps of four bytes.</summary>
internal sealed class NetlinkMessage
{
    internal const ushort NewLink = 16, NewAddress = 20, NewRoute = 24;

    /// <summary>NLM_F_REQUEST | NLM_F_ACK: changes what is there.</summary>
    internal const ushort Change = 0x1 | 0x4;

    /// <summary>The same with NLM_F_REPLACE | NLM_F_CREATE.</summary>
    internal const ushort Set = Change | 0x100 | 0x400;

    internal const int HeaderBytes = 16;

    private const int AttributeHeaderBytes = 4;
    private const int TypeOffset = 4, FlagsOffset = 6;

    private readonly byte[] _bytes = new byte[256];
    private int _length = HeaderBytes;

    internal NetlinkMessage(ushort type, ushort flags, ReadOnlySpan<byte> fixedPart)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(TypeOffset), type);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(FlagsOffset), flags);
        Append(fixedPart);
    }

    /// <summary>The whole request.</summary>
    internal ReadOnlySpan<byte> Bytes
    {
        get
        {
            BinaryPrimitives.WriteInt32LittleEndian(_bytes, _length);
            return _bytes.AsSpan(0, _length);
        }
    }

    /// <summary>Adds an attribute.</summary>
    internal NetlinkMessage With(ushort type, ReadOnlySpan<byte> value)
    {
        Span<byte> header = stackalloc byte[AttributeHeaderBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)(AttributeHeaderBytes + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], type);
        Append(header);
        Append(value);
        return this;
    }

    /// <summary>Adds an attribute that is a number.</summary>
    internal NetlinkMessage With(ushort type, int value) => With(type, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += (bytes.Length + 3) & ~3;
    }
}
