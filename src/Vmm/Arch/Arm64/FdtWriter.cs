using System.Buffers.Binary;
using System.Text;

namespace MicroVm.Vmm.Arch.Arm64;

/// <summary>
/// Writes a flattened device tree, version 17 (Devicetree Specification 0.4, chapter 5): header, no reservations, structure, strings.
/// Nodes are begun and ended; a node's properties come before its children. Everything in it is big-endian.
/// </summary>
internal sealed class FdtWriter
{
    private const uint Magic = 0xd00d_feed;
    private const uint Version = 17;
    private const uint LastCompatibleVersion = 16;
    private const uint BeginNodeToken = 1;
    private const uint EndNodeToken = 2;
    private const uint PropertyToken = 3;
    private const uint EndToken = 9;
    private const int HeaderBytes = 40;
    private const int ReservationBytes = 16;
    private const int CellBytes = sizeof(uint);

    private readonly List<string> _names = [];
    private readonly List<int> _nameOffsets = [];
    private byte[] _structure = new byte[4096];
    private int _length;
    private int _namesLength;

    internal void BeginNode(string name)
    {
        Cell(BeginNodeToken);
        Text(name);
        Pad();
    }

    internal void EndNode() => Cell(EndNodeToken);

    /// <summary>A property that is true by being there.</summary>
    internal void Flag(string name) => Property(name, []);

    /// <summary>A property of cells of 32 bits.</summary>
    internal void Cells(string name, params ReadOnlySpan<uint> cells)
    {
        BeginProperty(name, cells.Length * CellBytes);
        foreach (uint cell in cells)
        {
            Cell(cell);
        }
    }

    /// <summary>A property of numbers of 64 bits, two cells each.</summary>
    internal void Quads(string name, params ReadOnlySpan<ulong> numbers)
    {
        BeginProperty(name, numbers.Length * sizeof(ulong));
        foreach (ulong number in numbers)
        {
            Cell((uint)(number >> 32));
            Cell((uint)number);
        }
    }

    /// <summary>A property of strings, each with its NUL.</summary>
    internal void Strings(string name, params ReadOnlySpan<string> strings)
    {
        int bytes = 0;
        foreach (string text in strings)
        {
            bytes += Encoding.UTF8.GetByteCount(text) + 1;
        }

        BeginProperty(name, bytes);
        foreach (string text in strings)
        {
            Text(text);
        }

        Pad();
    }

    /// <summary>A property of bytes.</summary>
    internal void Property(string name, ReadOnlySpan<byte> value)
    {
        BeginProperty(name, value.Length);
        value.CopyTo(Room(value.Length));
        Pad();
    }

    /// <summary>The whole tree; nothing may be written after.</summary>
    internal byte[] Build()
    {
        Cell(EndToken);
        const int structureOffset = HeaderBytes + ReservationBytes;
        int stringsOffset = structureOffset + _length;
        byte[] tree = new byte[stringsOffset + _namesLength];
        Span<byte> header = tree;
        ReadOnlySpan<uint> fields =
        [
            Magic, (uint)tree.Length, structureOffset, (uint)stringsOffset, HeaderBytes, Version, LastCompatibleVersion,
            0, (uint)_namesLength, (uint)_length,
        ];
        for (int i = 0; i < fields.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(header[(i * CellBytes)..], fields[i]);
        }

        _structure.AsSpan(0, _length).CopyTo(header[structureOffset..]);
        for (int i = 0; i < _names.Count; i++)
        {
            Encoding.ASCII.GetBytes(_names[i], header[(stringsOffset + _nameOffsets[i])..]);
        }

        return tree;
    }

    private void BeginProperty(string name, int bytes)
    {
        Cell(PropertyToken);
        Cell((uint)bytes);
        Cell((uint)NameOffset(name));
    }

    // There are a few dozen names: a walk is as fast as anything cleverer.
    private int NameOffset(string name)
    {
        int index = _names.IndexOf(name);
        if (index >= 0)
        {
            return _nameOffsets[index];
        }

        int offset = _namesLength;
        _names.Add(name);
        _nameOffsets.Add(offset);
        _namesLength += name.Length + 1;
        return offset;
    }

    private void Cell(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Room(CellBytes), value);

    private void Text(string text)
    {
        int bytes = Encoding.UTF8.GetByteCount(text);
        Span<byte> room = Room(bytes + 1);
        Encoding.UTF8.GetBytes(text, room);
    }

    private void Pad() => _ = Room(-_length & (CellBytes - 1));

    // Fresh room is zero: that is the NUL of texts and the padding.
    private Span<byte> Room(int bytes)
    {
        if (_length + bytes > _structure.Length)
        {
            Array.Resize(ref _structure, Math.Max(_structure.Length * 2, _length + bytes));
        }

        _length += bytes;
        return _structure.AsSpan(_length - bytes, bytes);
    }
}
