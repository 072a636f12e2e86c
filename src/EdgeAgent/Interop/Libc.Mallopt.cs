using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

internal static partial class Libc
{
    /// <summary>Parameters of mallopt(3), <c>malloc.h</c>.</summary>
    private const int MTrimThreshold = -1, MMmapThreshold = -3, MArenaMax = -8;

    private const int KeptAtTheTop = 128 << 10, LargestFromTheHeap = 64 << 10;

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);

    /// <summary>
    /// Keeps the C library's allocator to one arena, because SQLite and OpenSSL allocate on whatever thread they are called and an
    /// arena for each of them costs about a megabyte; and has it give back what is large: without a threshold of its own it
    /// learns from the first buffer of zlib that was freed to keep megabytes.
    /// </summary>
    internal static void KeepMallocSmall()
    {
        _ = mallopt(MArenaMax, 1);
        _ = mallopt(MMmapThreshold, LargestFromTheHeap);
        _ = mallopt(MTrimThreshold, KeptAtTheTop);
    }

    /// <summary>Gives free pages of the C library's allocator back (malloc_trim(3)).</summary>
    internal static void TrimMalloc() => _ = malloc_trim(0);
}
