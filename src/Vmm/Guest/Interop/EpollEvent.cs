using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct epoll_event</c> of <c>&lt;sys/epoll.h&gt;</c>, packed as the x86_64 ABI has it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct EpollEvent
{
    internal uint Events;
    internal ulong Data;
}
