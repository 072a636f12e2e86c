namespace MicroVm.Vmm.Guest.Interop;

/// <summary>The guest's clocks.</summary>
internal static unsafe class Clock
{
    private const int Realtime = 0;

    /// <summary>CLOCK_REALTIME in nanoseconds since 1970.</summary>
    internal static long UnixNs()
    {
        TimeSpec now;
        // SAFETY: the kernel writes one structure. The call cannot fail for this clock.
        _ = Libc.clock_gettime(Realtime, &now);
        return (now.Seconds * 1_000_000_000) + now.Nanoseconds;
    }
}
