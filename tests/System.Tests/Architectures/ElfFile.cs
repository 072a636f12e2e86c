using System.Buffers.Binary;

namespace MicroVm.SystemTests.Architectures;

/// <summary>What an ELF file says of itself (System V ABI, 64-bit, little-endian): machine, and whether a loader has to start it.</summary>
internal sealed record ElfFile(ushort Machine, bool HasInterpreter)
{
    internal const ushort MachineX64 = 62;
    internal const ushort MachineArm64 = 183;

    private const int HeaderBytes = 64;
    private const int ProgramHeaderBytes = 56;
    private const uint Interpreter = 3;

    internal static ElfFile Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> header = stackalloc byte[HeaderBytes];
        file.ReadExactly(header);
        Assert.True(header.StartsWith("\u007fELF\u0002\u0001"u8), $"{path}: expected a 64-bit little-endian ELF file, found {Convert.ToHexString(header[..6])}");
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        file.Position = (long)BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        bool hasInterpreter = false;
        Span<byte> entry = stackalloc byte[ProgramHeaderBytes];
        for (int left = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]); left > 0; left--)
        {
            file.ReadExactly(entry);
            hasInterpreter |= BinaryPrimitives.ReadUInt32LittleEndian(entry) == Interpreter;
        }

        return new ElfFile(machine, hasInterpreter);
    }
}
