using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(void* address, nuint length);

    /// <summary>Ends a mapping, of which no pointer may be used any more (munmap(2)).</summary>
    internal static void Unmap(byte* mapping, nuint bytes) => _ = munmap(mapping, bytes);
}
