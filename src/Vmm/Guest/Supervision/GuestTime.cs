using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Boot;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Supervision;

/// <summary>The guest's wall clock, which stands still while the guest is paused.</summary>
internal static class GuestTime
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    /// <summary>Milliseconds by which the clock has to move; 0 while it is right enough.</summary>
    internal static long Correction(long hereUnixNs, long thereUnixNs)
    {
        long off = (thereUnixNs - hereUnixNs) / NanosecondsPerMillisecond;
        return Math.Abs(off) > GuestClock.ToleranceMilliseconds ? off : 0;
    }

    /// <summary>Sets the clock when it is off, and says so.</summary>
    internal static void Take(GuestClock clock)
    {
        long off = Correction(Clock.UnixNs(), clock.UnixNs);
        if (off != 0)
        {
            GuestConsole.WriteLine(Clock.Set(clock.UnixNs) ? $"clock set by {off} ms" : $"the clock is {off} ms off and cannot be set");
        }
    }
}
