using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

/// <summary>The head of <c>struct statx</c> of <c>&lt;linux/stat.h&gt;</c>, which is the same on every architecture, with room for the rest.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct StatX
{
    internal uint Mask;
    internal uint BlockSize;
    internal ulong Attributes;
    internal uint LinkCount;
    internal uint Uid;
    internal uint Gid;
    internal ushort Mode;
    internal ushort Spare;
    internal ulong Inode;
    internal ulong Size;

    /// <summary>What is taken on the disk, in units of 512 bytes: less than the size where there are holes.</summary>
    internal ulong Blocks;

    /// <summary>Bytes taken on the disk.</summary>
    internal readonly ulong AllocatedBytes => Blocks * 512;

    /// <summary>The permission bits as ls(1) writes them, such as <c>rw-rw----</c>.</summary>
    internal readonly string Permissions()
    {
        const string letters = "rwxrwxrwx";
        int mode = Mode;
        return string.Create(letters.Length, mode, static (text, bits) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = (bits & (1 << (text.Length - 1 - i))) != 0 ? letters[i] : '-';
            }
        });
    }
}
