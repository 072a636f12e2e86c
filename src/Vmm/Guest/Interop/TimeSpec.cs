namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct timespec</c> of <c>&lt;time.h&gt;</c>.</summary>
internal struct TimeSpec
{
    internal long Seconds;
    internal long Nanoseconds;
}
