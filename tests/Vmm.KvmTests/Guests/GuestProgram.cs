using System.Buffers.Binary;
using System.Text;

namespace MicroVm.Vmm.KvmTests.Guests;

/// <summary>
/// A tiny guest, assembled instruction by instruction: 64-bit code at <see cref="CodeAddress"/>, constant data behind it. It runs with
/// the first GiB identity-mapped and uses no stack and no interrupts. Scratch memory from <see cref="ScratchAddress"/> is zero at start.
/// </summary>
internal sealed class GuestProgram
{
    internal const uint CodeAddress = 0x20_0000;
    internal const uint ScratchAddress = 0x40_0000;

    private const int DataOffset = 0x1_0000;
    private const ushort SerialPort = 0x3f8;

    private readonly List<byte> _code = [];
    private readonly List<byte> _data = [];

    /// <summary>Code, padding and data, to be loaded at <see cref="CodeAddress"/>.</summary>
    internal byte[] Image()
    {
        byte[] image = new byte[DataOffset + _data.Count];
        Assert.True(_code.Count <= DataOffset, "the code of a tiny guest is tiny");
        _code.CopyTo(image);
        _data.CopyTo(image, DataOffset);
        return image;
    }

    /// <summary>Places constant bytes; returns their address.</summary>
    internal uint Data(ReadOnlySpan<byte> bytes)
    {
        uint address = CodeAddress + DataOffset + (uint)_data.Count;
        _data.AddRange(bytes);
        return address;
    }

    /// <summary>Raw instruction bytes.</summary>
    internal GuestProgram Emit(params ReadOnlySpan<byte> bytes)
    {
        _code.AddRange(bytes);
        return this;
    }

    /// <summary>out port, value (8 bits).</summary>
    internal GuestProgram Out(ushort port, byte value) => LoadDx(port).Emit(0xb0, value, 0xee);

    /// <summary>Prints constant text with one rep outsb, which reaches the VMM as an exit with a count.</summary>
    internal GuestProgram Print(string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        return PrintMemory(Data(bytes), (uint)bytes.Length);
    }

    /// <summary>Prints memory to the serial port.</summary>
    internal GuestProgram PrintMemory(uint address, uint length) =>
        LoadDx(SerialPort).LoadEsi(address).LoadEcx(length).Emit(0xf3, 0x6e);

    /// <summary>rep movsb.</summary>
    internal GuestProgram Copy(uint destination, uint source, uint length) =>
        LoadEdi(destination).LoadEsi(source).LoadEcx(length).Emit(0xf3, 0xa4);

    internal GuestProgram Store16(uint address, ushort value) => LoadEdi(address).Emit(0x66, 0xc7, 0x07).Imm16(value);

    internal GuestProgram Store32(uint address, uint value) => LoadEdi(address).Emit(0xc7, 0x07).Imm32(value);

    internal GuestProgram Store64(uint address, ulong value) =>
        Store32(address, (uint)value).Store32(address + 4, (uint)(value >> 32));

    /// <summary>Spins until the 16-bit word has this value.</summary>
    internal GuestProgram WaitUntil16(uint address, ushort value)
    {
        LoadEdi(address);
        int loop = _code.Count;
        return Emit(0xf3, 0x90, 0x66, 0x81, 0x3f).Imm16(value).JumpIfNotEqual(loop);
    }

    /// <summary>Spins until a byte arrives at the serial port, and takes it.</summary>
    internal GuestProgram WaitForInput()
    {
        LoadDx(SerialPort + 5);
        int loop = _code.Count;
        return Emit(0xec, 0xa8, 0x01).JumpIfEqual(loop).LoadDx(SerialPort).Emit(0xec); // in al, dx; test al, 1
    }

    /// <summary>Makes the 2 MiB around <paramref name="address"/>, between 3 and 4 GiB, readable where it is.</summary>
    internal GuestProgram MapDeviceMemory(uint address)
    {
        const uint directory = 0x30_0000;
        const uint pageDirectoryPointers = 0xa000;
        const uint gibibyte = 0x4000_0000;
        uint entry = (address & (gibibyte - 1)) >> 21;
        return Store64(directory + (entry * 8), (address & ~0x1f_ffffu) | 0x83)
            .Store64(pageDirectoryPointers + (address / gibibyte * 8), directory | 3);
    }

    /// <summary>Powers off through the ACPI sleep control register.</summary>
    internal GuestProgram PowerOff() => Out(0x600, 0x34).Stop();

    /// <summary>Resets through the i8042.</summary>
    internal GuestProgram Reset() => Out(0x64, 0xfe).Stop();

    /// <summary>hlt, for ever.</summary>
    internal GuestProgram Stop() => Emit(0xf4, 0xeb, 0xfd);

    /// <summary>An endless loop of instructions, which only a kick leaves.</summary>
    internal GuestProgram Spin() => Emit(0xf3, 0x90, 0xeb, 0xfc);

    internal int Position => _code.Count;

    /// <summary>jne to an earlier position.</summary>
    internal GuestProgram JumpIfNotEqual(int target)
    {
        int distance = target - (_code.Count + 2);
        Assert.InRange(distance, sbyte.MinValue, 0);
        return Emit(0x75, unchecked((byte)distance));
    }

    /// <summary>je to an earlier position.</summary>
    internal GuestProgram JumpIfEqual(int target)
    {
        int distance = target - (_code.Count + 2);
        Assert.InRange(distance, sbyte.MinValue, 0);
        return Emit(0x74, unchecked((byte)distance));
    }

    /// <summary>Runs what <paramref name="body"/> emits that many times, at least once. The count is in r14, which the body leaves alone.</summary>
    internal GuestProgram Repeat(int count, Action<GuestProgram> body)
    {
        Emit(0x41, 0xbe).Imm32((uint)count); // mov r14d, count
        int start = _code.Count;
        body(this);
        Emit(0x41, 0xff, 0xce, 0x0f, 0x85); // dec r14d; jne near
        return Imm32((uint)(start - (_code.Count + sizeof(int))));
    }

    /// <summary>Spins until one of these bits is set in the 32-bit word.</summary>
    internal GuestProgram WaitForBits32(uint address, byte bits)
    {
        LoadEdi(address);
        int loop = _code.Count;
        return Emit(0xf3, 0x90, 0x8b, 0x07, 0xa8, bits).JumpIfEqual(loop); // pause; mov eax, [rdi]; test al, bits
    }

    internal GuestProgram LoadDx(ushort value) => Emit(0x66, 0xba).Imm16(value);

    internal GuestProgram LoadEcx(uint value) => Emit(0xb9).Imm32(value);

    internal GuestProgram LoadEsi(uint value) => Emit(0xbe).Imm32(value);

    internal GuestProgram LoadEdi(uint value) => Emit(0xbf).Imm32(value);

    internal GuestProgram Imm16(ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return Emit(bytes);
    }

    internal GuestProgram Imm32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Emit(bytes);
    }
}
