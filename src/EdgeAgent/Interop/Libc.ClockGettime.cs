using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    // linux/time.h; counts while the device sleeps, and nobody sets it.
    private const int CLOCK_BOOTTIME = 7;
    private const long MsPerSecond = 1_000, NsPerMs = 1_000_000;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, long* time);

    /// <summary>Milliseconds since the device booted, those asleep among them (clock_gettime(2)).</summary>
    /// <exception cref="OsFaultException">The call failed.</exception>
    internal static long UptimeMs()
    {
        // SAFETY: struct timespec is two 64-bit numbers on every 64-bit architecture, and this a local of that size.
        long* time = stackalloc long[2];
        return clock_gettime(CLOCK_BOOTTIME, time) == 0
            ? (time[0] * MsPerSecond) + (time[1] / NsPerMs)
            : throw new OsFaultException("clock_gettime(CLOCK_BOOTTIME)", Marshal.GetLastPInvokeError());
    }
}
