using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

/// <summary><c>struct io_uring_params</c> of <c>&lt;linux/io_uring.h&gt;</c> with its two structures of ring offsets in place.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoUringParams
{
    internal uint SqEntries;
    internal uint CqEntries;
    internal uint Flags;
    internal uint SqThreadCpu;
    internal uint SqThreadIdle;
    internal uint Features;
    internal uint WqFd;
    internal fixed uint Reserved[3];
    internal uint SqHead;
    internal uint SqTail;
    internal uint SqRingMask;
    internal uint SqRingEntries;
    internal uint SqFlags;
    internal uint SqDropped;
    internal uint SqArray;
    internal uint SqReserved;
    internal ulong SqUserAddress;
    internal uint CqHead;
    internal uint CqTail;
    internal uint CqRingMask;
    internal uint CqRingEntries;
    internal uint CqOverflow;
    internal uint CqCqes;
    internal uint CqFlags;
    internal uint CqReserved;
    internal ulong CqUserAddress;
}
