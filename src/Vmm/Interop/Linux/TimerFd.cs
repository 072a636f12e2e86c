namespace MicroVm.Vmm.Interop.Linux;

/// <summary>A non-blocking, close-on-exec timerfd(2) on the monotonic clock; readable once it has expired.</summary>
internal sealed unsafe class TimerFd : IDisposable
{
    private const int ClockMonotonic = 1;
    private const int TfdNonBlockCloseOnExec = 0x800 | 0x80000;

    /// <exception cref="OsFaultException">timerfd_create failed.</exception>
    internal TimerFd()
    {
        Fd = Libc.timerfd_create(ClockMonotonic, TfdNonBlockCloseOnExec);
        if (Fd < 0)
        {
            throw OsFaultException.FromLastError("timerfd_create");
        }
    }

    internal int Fd { get; private set; }

    /// <summary>Has the timer expire once after <paramref name="delay"/>; a delay of zero disarms it.</summary>
    /// <exception cref="OsFaultException">timerfd_settime failed.</exception>
    internal void Arm(TimeSpan delay) => Arm(delay, TimeSpan.Zero);

    /// <summary>Has the timer expire after <paramref name="delay"/> and, unless zero, every <paramref name="interval"/> from then on.</summary>
    /// <exception cref="OsFaultException">timerfd_settime failed.</exception>
    internal void Arm(TimeSpan delay, TimeSpan interval)
    {
        TimerSpec spec = new()
        {
            ValueSeconds = delay.Ticks / TimeSpan.TicksPerSecond,
            ValueNanoseconds = delay.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
            IntervalSeconds = interval.Ticks / TimeSpan.TicksPerSecond,
            IntervalNanoseconds = interval.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
        };

        // SAFETY: the kernel copies the structure during the call and is asked for no old value.
        if (Libc.timerfd_settime(Fd, 0, &spec, null) != 0)
        {
            throw OsFaultException.FromLastError("timerfd_settime");
        }
    }

    /// <summary>Takes the expiries; false when there was none.</summary>
    internal bool TryConsume()
    {
        ulong expiries;

        // SAFETY: eight bytes of the stack, the size a timerfd asks for.
        return Libc.read(Fd, &expiries, sizeof(ulong)) == sizeof(ulong);
    }

    public void Dispose()
    {
        if (Fd >= 0)
        {
            _ = Libc.close(Fd);
            Fd = -1;
        }
    }
}
