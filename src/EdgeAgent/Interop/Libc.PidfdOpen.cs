using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Interop;

internal static partial class Libc
{
    /// <summary>A descriptor that means this process for ever, close-on-exec (pidfd_open(2)); null when there is no such process.</summary>
    /// <exception cref="OsFaultException">The call failed for another reason.</exception>
    internal static SafeFileHandle? PidfdOpen(int pid)
    {
        long result = syscall(SysPidfdOpen, pid, 0, 0, 0);
        if (result >= 0)
        {
            return new SafeFileHandle((nint)result, ownsHandle: true);
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == Errno.ESRCH ? null : throw new OsFaultException($"pidfd_open({pid})", errno);
    }
}
