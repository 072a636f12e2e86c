namespace MicroVm.Vmm.Guest.Interop;

/// <summary>The guest's clocks.</summary>
internal static unsafe class Clock
{
    private const int Realtime = 0;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>CLOCK_REALTIME in nanoseconds since 1970.</summary>
    internal static long UnixNs()
    {
        TimeSpec now;
        // SAFETY: the kernel writes one structure. The call cannot fail for this clock.
        _ = Libc.clock_gettime(Realtime, &now);
        return (now.Seconds * NanosecondsPerSecond) + now.Nanoseconds;
    }

    /// <summary>Sets CLOCK_REALTIME; false when that is refused.</summary>
    internal static bool Set(long unixNs)
    {
        TimeSpec time = new() { Seconds = unixNs / NanosecondsPerSecond, Nanoseconds = unixNs % NanosecondsPerSecond };
        // SAFETY: the kernel copies the structure during the call.
        return Libc.clock_settime(Realtime, &time) == 0;
    }
}
