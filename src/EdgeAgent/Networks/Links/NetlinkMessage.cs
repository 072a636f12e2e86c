using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace MicroVm.EdgeAgent.Networks.Links;

/// <summary>Builds one request of rtnetlink(7): header, a family's structure, attributes. The kernel's byte order is this machine's, which is little endian.</summary>
internal sealed class NetlinkMessage
{
    /// <summary>Bytes of <c>struct nlmsghdr</c>.</summary>
    internal const int HeaderBytes = 16;

    private const ushort Nested = 0x8000;
    private const int MostBytes = 512;

    private readonly byte[] _bytes = new byte[MostBytes];
    private int _length = HeaderBytes;

    /// <param name="type">RTM_...</param>
    /// <param name="flags">NLM_F_...</param>
    internal NetlinkMessage(ushort type, ushort flags)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(6), flags);
    }

    /// <summary>The finished request.</summary>
    /// <param name="sequence">Its number, which answers repeat.</param>
    internal ReadOnlySpan<byte> Finish(uint sequence)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes, _length);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(8), sequence);
        return _bytes.AsSpan(0, _length);
    }

    /// <summary><c>struct ifinfomsg</c>: a link.</summary>
    internal NetlinkMessage Link(int index, uint flags = 0, uint change = 0, byte family = 0)
    {
        Byte(family);
        Skip(3);
        Int32(index);
        Int32((int)flags);
        Int32((int)change);
        return this;
    }

    /// <summary><c>struct ifaddrmsg</c>: an address of a link.</summary>
    internal NetlinkMessage Address(byte family, int prefixBits, byte flags, int index)
    {
        Byte(family);
        Byte((byte)prefixBits);
        Byte(flags);
        Byte(0);
        Int32(index);
        return this;
    }

    /// <summary><c>struct ndmsg</c>: a neighbour, or an entry of a bridge.</summary>
    internal NetlinkMessage Neighbour(byte family, int index, ushort state, byte flags = 0)
    {
        Byte(family);
        Skip(3);
        Int32(index);
        Byte((byte)state);
        Byte((byte)(state >> 8));
        Byte(flags);
        Skip(1);
        return this;
    }

    /// <summary><c>struct rtmsg</c>: routes of one family.</summary>
    internal NetlinkMessage Routes(byte family)
    {
        Byte(family);
        Skip(11);
        return this;
    }

    /// <summary>An attribute of bytes.</summary>
    internal NetlinkMessage Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_length), (ushort)(value.Length + 4));
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_length + 2), type);
        value.CopyTo(_bytes.AsSpan(_length + 4));
        _length += (value.Length + 4 + 3) & ~3;
        return this;
    }

    /// <summary>An attribute of one byte.</summary>
    internal NetlinkMessage Attribute(ushort type, byte value) => Attribute(type, [value]);

    /// <summary>An attribute of four bytes.</summary>
    internal NetlinkMessage Attribute(ushort type, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return Attribute(type, bytes);
    }

    /// <summary>An attribute of text with its end.</summary>
    internal NetlinkMessage Attribute(ushort type, string text) => Attribute(type, [.. Encoding.ASCII.GetBytes(text), 0]);

    /// <summary>An attribute of an address.</summary>
    internal NetlinkMessage Attribute(ushort type, IPAddress address) => Attribute(type, address.GetAddressBytes());

    /// <summary>An attribute that holds others.</summary>
    internal NetlinkMessage Nest(ushort type, Action<NetlinkMessage> content)
    {
        int start = _length;
        _length += 4;
        content(this);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(start), (ushort)(_length - start));
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(start + 2), (ushort)(type | Nested));
        return this;
    }

    private void Byte(byte value) => _bytes[_length++] = value;

    private void Skip(int count) => _length += count;

    private void Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_length), value);
        _length += 4;
    }
}
