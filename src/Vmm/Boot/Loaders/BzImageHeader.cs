using System.Buffers.Binary;
using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>The fields of a bzImage's setup header that loading needs (Documentation/arch/x86/boot.rst), parsed from untrusted bytes.</summary>
internal readonly record struct BzImageHeader
{
    /// <summary>Where the setup header starts, in the file and in the zero page alike.</summary>
    internal const int SetupHeaderOffset = 0x1f1;

    /// <summary>Bytes of the file that hold every field read here.</summary>
    internal const int NeededBytes = 0x290;

    internal const ushort BootFlagValue = 0xaa55;
    internal const uint MagicValue = 0x5372_6448; // "HdrS"

    private const int SectorSize = 512;
    private const int DefaultSetupSectors = 4;
    private const int ParagraphSize = 16;
    private const ushort LowestVersion = 0x020c;
    private const ushort Kernel64 = 1;
    private const byte LoadedHigh = 1;

    /// <summary>Offset of the protected-mode part in the file.</summary>
    internal required ulong CodeOffset { get; init; }

    /// <summary>Bytes of the protected-mode part.</summary>
    internal required ulong CodeSize { get; init; }

    /// <summary>Where the kernel wants to run, before it relocates itself.</summary>
    internal required ulong PreferredAddress { get; init; }

    /// <summary>Bytes the kernel needs from its run address on.</summary>
    internal required uint InitSize { get; init; }

    internal required uint InitrdAddressMax { get; init; }

    internal required uint CommandLineSize { get; init; }

    /// <summary>First byte behind the setup header.</summary>
    internal required int SetupHeaderEnd { get; init; }

    /// <summary>True when the first bytes of a file carry a setup header.</summary>
    internal static bool IsPresent(ReadOnlySpan<byte> head) =>
        head.Length >= 0x206 && BinaryPrimitives.ReadUInt32LittleEndian(head[0x202..]) == MagicValue
            && BinaryPrimitives.ReadUInt16LittleEndian(head[0x1fe..]) == BootFlagValue;

    /// <exception cref="VmmFaultException">The header is cut off, too old, or without a 64-bit entry.</exception>
    internal static BzImageHeader Parse(ReadOnlySpan<byte> head, string path)
    {
        if (head.Length < NeededBytes)
        {
            throw new VmmFaultException(ExitCode.KernelTruncated, $"{path}: bzImage header needs {NeededBytes} bytes, found {head.Length}");
        }

        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(head[0x206..]);
        if (version < LowestVersion)
        {
            throw new VmmFaultException(
                ExitCode.NotAKernel, $"{path}: bzImage boot protocol must be 2.12 or later, found {version >> 8}.{version & 0xff}");
        }

        ushort extendedFlags = BinaryPrimitives.ReadUInt16LittleEndian(head[0x236..]);
        if ((extendedFlags & Kernel64) == 0 || (head[0x211] & LoadedHigh) == 0)
        {
            throw new VmmFaultException(ExitCode.NotAKernel, $"{path}: bzImage has no 64-bit entry point (xloadflags 0x{extendedFlags:x})");
        }

        int setupSectors = head[0x1f1] == 0 ? DefaultSetupSectors : head[0x1f1];
        return new BzImageHeader
        {
            CodeOffset = (ulong)((setupSectors + 1) * SectorSize),
            CodeSize = (ulong)BinaryPrimitives.ReadUInt32LittleEndian(head[0x1f4..]) * ParagraphSize,
            PreferredAddress = BinaryPrimitives.ReadUInt64LittleEndian(head[0x258..]),
            InitSize = BinaryPrimitives.ReadUInt32LittleEndian(head[0x260..]),
            InitrdAddressMax = BinaryPrimitives.ReadUInt32LittleEndian(head[0x22c..]),
            CommandLineSize = BinaryPrimitives.ReadUInt32LittleEndian(head[0x238..]),
            SetupHeaderEnd = Math.Min(0x202 + head[0x201], NeededBytes),
        };
    }
}
