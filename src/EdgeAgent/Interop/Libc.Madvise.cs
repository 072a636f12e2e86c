using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

internal static partial class Libc
{
    private const int MadvRandom = 1, MadvDontNeed = 4, MadvPageout = 21;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int madvise(nint address, nuint length, int advice);

    /// <summary>
    /// Gives the pages of a mapping back and has those that are used again read one by one (madvise(2): MADV_RANDOM, MADV_PAGEOUT,
    /// <c>include/uapi/asm-generic/mman-common.h</c>). Nothing is lost: a page that differs from its file goes to swap or stays.
    /// Kernels older than 5.4 do nothing.
    /// </summary>
    internal static void GiveBack(nint address, nuint length)
    {
        _ = madvise(address, length, MadvRandom);
        _ = madvise(address, length, MadvPageout);
    }

    /// <summary>
    /// Takes a mapping of code out of this process (madvise(2): MADV_DONTNEED): what it uses comes back from the file. MADV_PAGEOUT leaves pages
    /// alone that another process maps too, such as those of libcrypto. What was written to a private page would be lost; nothing writes to code.
    /// </summary>
    internal static void Unmap(nint address, nuint length) => _ = madvise(address, length, MadvDontNeed);
}
