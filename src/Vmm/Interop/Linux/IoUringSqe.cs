using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

/// <summary><c>struct io_uring_sqe</c> of <c>&lt;linux/io_uring.h&gt;</c>: one operation asked for.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoUringSqe
{
    internal IoUringOperation Operation;
    internal byte Flags;
    internal ushort IoPriority;
    internal int Fd;
    internal ulong Offset;
    internal ulong Address;
    internal uint Length;
    internal uint OperationFlags;
    internal ulong UserData;
    internal fixed ulong Rest[3];
}
