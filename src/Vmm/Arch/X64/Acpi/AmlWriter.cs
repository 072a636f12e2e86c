using System.Buffers.Binary;
using System.Text;

namespace MicroVm.Vmm.Arch.X64.Acpi;

/// <summary>
/// Writes the few AML terms that our DSDT needs (ACPI 6.5, chapter 20). Nested terms are opened with a Begin method and closed with
/// <see cref="End"/>, which fills in the length.
/// </summary>
internal sealed class AmlWriter
{
    private const byte ZeroOp = 0x00;
    private const byte OneOp = 0x01;
    private const byte NameOp = 0x08;
    private const byte ByteConst = 0x0a;
    private const byte DWordConst = 0x0c;
    private const byte StringConst = 0x0d;
    private const byte ScopeOp = 0x10;
    private const byte BufferOp = 0x11;
    private const byte PackageOp = 0x12;
    private const byte MethodOp = 0x14;
    private const byte Argument0 = 0x68;
    private const byte ExtendedPrefix = 0x5b;
    private const byte DeviceOp = 0x82;
    private const byte NotifyOp = 0x86;
    private const byte EqualOp = 0x93;
    private const byte IfOp = 0xa0;

    /// <summary>Every length is written in the three-byte form, so that it can be filled in afterwards without moving what follows.</summary>
    private const int LengthBytes = 3;
    private const int MaxLength = (1 << 20) - 1;

    private readonly List<byte> _bytes = [];
    private readonly Stack<int> _open = new();

    /// <summary>What was written.</summary>
    internal byte[] ToArray() => _open.Count == 0 ? [.. _bytes] : throw new InvalidOperationException("an AML term is still open");

    /// <summary>Opens <c>Scope (path)</c>.</summary>
    internal void BeginScope(string path)
    {
        _bytes.Add(ScopeOp);
        BeginLength();
        NamePath(path);
    }

    /// <summary>Opens <c>Device (name)</c>.</summary>
    internal void BeginDevice(string name)
    {
        _bytes.Add(ExtendedPrefix);
        _bytes.Add(DeviceOp);
        BeginLength();
        NamePath(name);
    }

    /// <summary>Opens a serialized <c>Method (name, argumentCount)</c>.</summary>
    internal void BeginMethod(string name, int argumentCount)
    {
        const byte serialized = 1 << 3;
        _bytes.Add(MethodOp);
        BeginLength();
        NamePath(name);
        _bytes.Add((byte)(argumentCount | serialized));
    }

    /// <summary>Opens <c>If (Arg0 == value)</c>.</summary>
    internal void BeginIfArgument0Equals(uint value)
    {
        _bytes.Add(IfOp);
        BeginLength();
        _bytes.Add(EqualOp);
        _bytes.Add(Argument0);
        Integer(value);
    }

    /// <summary>Closes the innermost open term.</summary>
    internal void End()
    {
        int start = _open.Pop();
        int length = _bytes.Count - start;
        if (length > MaxLength)
        {
            throw new InvalidOperationException("an AML term is longer than 1 MiB");
        }

        _bytes[start] = (byte)((2 << 6) | (length & 0xf));
        _bytes[start + 1] = (byte)(length >> 4);
        _bytes[start + 2] = (byte)(length >> 12);
    }

    /// <summary><c>Notify (path, value)</c>.</summary>
    internal void Notify(string path, byte value)
    {
        _bytes.Add(NotifyOp);
        NamePath(path);
        Integer(value);
    }

    /// <summary><c>Name (name, value)</c>.</summary>
    internal void NameInteger(string name, uint value)
    {
        _bytes.Add(NameOp);
        NamePath(name);
        Integer(value);
    }

    /// <summary><c>Name (name, "value")</c>.</summary>
    internal void NameString(string name, string value)
    {
        _bytes.Add(NameOp);
        NamePath(name);
        _bytes.Add(StringConst);
        _bytes.AddRange(Encoding.ASCII.GetBytes(value));
        _bytes.Add(0);
    }

    /// <summary><c>Name (name, EisaId (id))</c>, with an id such as PNP0501.</summary>
    internal void NameEisaId(string name, string id)
    {
        // Three letters in five bits each, four hexadecimal digits, and the whole big-endian.
        uint value = (uint)(((id[0] - 0x40) << 26) | ((id[1] - 0x40) << 21) | ((id[2] - 0x40) << 16))
            | uint.Parse(id.AsSpan(3), System.Globalization.NumberStyles.HexNumber);
        NameInteger(name, BinaryPrimitives.ReverseEndianness(value));
    }

    /// <summary><c>Name (name, Package () { values })</c>.</summary>
    internal void NamePackage(string name, ReadOnlySpan<byte> values)
    {
        _bytes.Add(NameOp);
        NamePath(name);
        _bytes.Add(PackageOp);
        BeginLength();
        _bytes.Add((byte)values.Length);
        foreach (byte value in values)
        {
            Integer(value);
        }

        End();
    }

    /// <summary><c>Name (_CRS, ResourceTemplate () { descriptors })</c>; the end tag is added here.</summary>
    internal void NameResources(ReadOnlySpan<byte> descriptors)
    {
        ReadOnlySpan<byte> endTag = [0x79, 0];
        _bytes.Add(NameOp);
        NamePath("_CRS");
        _bytes.Add(BufferOp);
        BeginLength();
        Integer((uint)(descriptors.Length + endTag.Length));
        _bytes.AddRange(descriptors);
        _bytes.AddRange(endTag);
        End();
    }

    private void BeginLength()
    {
        _open.Push(_bytes.Count);
        for (int i = 0; i < LengthBytes; i++)
        {
            _bytes.Add(0);
        }
    }

    private void Integer(uint value)
    {
        switch (value)
        {
            case 0:
                _bytes.Add(ZeroOp);
                break;
            case 1:
                _bytes.Add(OneOp);
                break;
            case <= byte.MaxValue:
                _bytes.Add(ByteConst);
                _bytes.Add((byte)value);
                break;
            default:
                _bytes.Add(DWordConst);
                Span<byte> bytes = stackalloc byte[sizeof(uint)];
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
                _bytes.AddRange(bytes);
                break;
        }
    }

    // A path is an optional root and one or two names of four characters, padded with underscores.
    private void NamePath(string path)
    {
        const byte dualNamePrefix = 0x2e;
        ReadOnlySpan<char> rest = path;
        if (rest[0] == '\\')
        {
            _bytes.Add((byte)'\\');
            rest = rest[1..];
        }

        int dot = rest.IndexOf('.');
        if (dot >= 0)
        {
            _bytes.Add(dualNamePrefix);
            NameSegment(rest[..dot]);
            rest = rest[(dot + 1)..];
        }

        NameSegment(rest);
    }

    private void NameSegment(ReadOnlySpan<char> name)
    {
        const int segmentLength = 4;
        for (int i = 0; i < segmentLength; i++)
        {
            _bytes.Add(i < name.Length ? (byte)name[i] : (byte)'_');
        }
    }
}
