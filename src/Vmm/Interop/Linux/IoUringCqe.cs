using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

/// <summary><c>struct io_uring_cqe</c> of <c>&lt;linux/io_uring.h&gt;</c>: one operation done.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringCqe
{
    internal ulong UserData;

    /// <summary>What the system call would have returned, or a negative errno.</summary>
    internal int Result;

    internal uint Flags;
}
