using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    // sizeof(struct timex) is 208 on every 64-bit architecture; all zero asks and sets nothing.
    private const int TimexBytes = 256;
    private const int TimeError = 5;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int adjtimex(void* timex);

    /// <summary>Whether something keeps the kernel's clock right (adjtimex(2)); null when the kernel does not say.</summary>
    internal static bool? IsClockSynchronised()
    {
        // SAFETY: a buffer on this frame that is larger than the structure.
        byte* timex = stackalloc byte[TimexBytes];
        new Span<byte>(timex, TimexBytes).Clear();
        int state = adjtimex(timex);
        return state < 0 ? null : state != TimeError;
    }
}
