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
