using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Diagnostics;

/// <summary>The two clocks that start-up is measured with, in microseconds.</summary>
internal static unsafe class ProcessClock
{
    private const int Monotonic = 1;
    private const int ProcessCpuTime = 2;

    /// <summary>CLOCK_MONOTONIC, which --start-time-us is on.</summary>
    internal static ulong WallMicroseconds => Read(Monotonic);

    /// <summary>Processor time this process has used.</summary>
    internal static ulong CpuMicroseconds => Read(ProcessCpuTime);

    private static ulong Read(int clock)
    {
        long* time = stackalloc long[2];
        // SAFETY: a timespec of the stack. The call cannot fail for these clocks.
        _ = Libc.clock_gettime(clock, time);
        return ((ulong)time[0] * 1_000_000) + ((ulong)time[1] / 1_000);
    }
}
