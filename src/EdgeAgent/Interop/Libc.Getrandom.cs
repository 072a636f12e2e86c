using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    private const uint GrndNonblock = 1;

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint getrandom(void* buffer, nuint count, uint flags);

    /// <summary>Whether the kernel has collected enough entropy since its boot to give random numbers without a wait (getrandom(2)).</summary>
    internal static bool HasEntropy()
    {
        // SAFETY: one byte into a local.
        byte value;
        return getrandom(&value, 1, GrndNonblock) == 1;
    }
}
