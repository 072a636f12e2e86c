using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

internal static partial class Libc
{
    private const int MArenaMax = -8;

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);

    /// <summary>
    /// Keeps the C library's allocator to one arena (mallopt(3)). SQLite and OpenSSL allocate on whatever thread they are
    /// called; an arena for each of them costs about a megabyte, and nothing here contends for the one.
    /// </summary>
    internal static void UseOneMallocArena() => _ = mallopt(MArenaMax, 1);
}
