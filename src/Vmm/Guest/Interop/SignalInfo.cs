namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct signalfd_siginfo</c> of <c>&lt;sys/signalfd.h&gt;</c>: 128 bytes, of which only the number is read.</summary>
internal unsafe struct SignalInfo
{
    internal uint Number;
    internal fixed byte Rest[124];
}
