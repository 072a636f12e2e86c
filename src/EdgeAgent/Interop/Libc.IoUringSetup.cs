using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    // The number is the same on every architecture, and the C library has no wrapper.
    private const long SysIoUringSetup = 425;
    private const int IoUringParamsBytes = 120;

    /// <summary>Makes a ring of one entry and closes it (io_uring_setup(2)): 0, or the errno that says why there is none.</summary>
    internal static int TryIoUring()
    {
        // SAFETY: struct io_uring_params has 120 bytes; all zero asks for nothing special.
        byte* parameters = stackalloc byte[IoUringParamsBytes];
        new Span<byte>(parameters, IoUringParamsBytes).Clear();
        long fd = syscall(SysIoUringSetup, 1, (long)parameters, 0, 0);
        if (fd < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        new SafeFileHandle((nint)fd, ownsHandle: true).Dispose();
        return 0;
    }
}
