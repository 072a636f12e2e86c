using System.Buffers.Binary;
using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>The header of arm64's flat Image (Documentation/arch/arm64/booting.rst), parsed from untrusted bytes.</summary>
/// <param name="TextOffset">Where the image wants to lie, counted from a boundary of 2 MiB.</param>
/// <param name="ImageSize">Bytes that it uses from there on, what it clears at its start included.</param>
/// <param name="Flags">Bit 0 big-endian; bits 1 and 2 page size: 1 for 4 KiB, 2 for 16, 3 for 64.</param>
internal readonly record struct ImageHeader(ulong TextOffset, ulong ImageSize, ulong Flags)
{
    /// <summary>Bytes of the header.</summary>
    internal const int Size = 64;

    private const int MagicOffset = 56;
    private const uint Magic = 0x644d_5241; // "ARM\x64"
    private const ulong BigEndian = 1;

    /// <summary>The text offset of kernels before 3.17, which say nothing of their size.</summary>
    private const ulong LegacyTextOffset = 0x8_0000;

    /// <summary>True when a file starts as an Image does.</summary>
    internal static bool IsPresent(ReadOnlySpan<byte> head) =>
        head.Length >= Size && BinaryPrimitives.ReadUInt32LittleEndian(head[MagicOffset..]) == Magic;

    /// <summary>The header of a file that <see cref="IsPresent"/> says is an Image.</summary>
    /// <param name="head">Its first bytes.</param>
    /// <param name="path">For messages.</param>
    /// <param name="fileLength">The least that an image uses, and all that is known of an old one.</param>
    /// <exception cref="VmmFaultException">The kernel is big-endian.</exception>
    internal static ImageHeader Parse(ReadOnlySpan<byte> head, string path, ulong fileLength)
    {
        ulong textOffset = BinaryPrimitives.ReadUInt64LittleEndian(head[8..]);
        ulong imageSize = BinaryPrimitives.ReadUInt64LittleEndian(head[16..]);
        ulong flags = BinaryPrimitives.ReadUInt64LittleEndian(head[24..]);
        if ((flags & BigEndian) != 0)
        {
            throw new VmmFaultException(ExitCode.NotAKernel, $"{path}: expected a little-endian kernel, found a big-endian one");
        }

        return imageSize == 0
            ? new ImageHeader(LegacyTextOffset, fileLength, flags)
            : new ImageHeader(textOffset, Math.Max(imageSize, fileLength), flags);
    }
}
