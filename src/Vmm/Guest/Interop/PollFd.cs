namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct pollfd</c> of <c>&lt;poll.h&gt;</c>.</summary>
internal struct PollFd
{
    internal int Fd;
    internal short Events;
    internal short Returned;
}
