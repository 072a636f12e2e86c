namespace MicroVm.Vmm.Interop.Linux;

/// <summary><c>struct itimerspec</c> of <c>&lt;time.h&gt;</c>: the interval, 0 for a timer that fires once, and the first expiry, 0 to disarm.</summary>
internal struct TimerSpec
{
    internal long IntervalSeconds;
    internal long IntervalNanoseconds;
    internal long ValueSeconds;
    internal long ValueNanoseconds;
}
