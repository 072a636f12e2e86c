namespace MicroVm.Vmm.Interop.Linux;

/// <summary><c>struct signalfd_siginfo</c> of <c>&lt;sys/signalfd.h&gt;</c>, of which only the number is of interest.</summary>
internal unsafe struct SignalFdInfo
{
    internal uint Number;
    private fixed byte _rest[124];
}
