using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Interop;

internal static partial class Libc
{
    /// <summary>Sends a signal to the process of a pidfd (pidfd_send_signal(2)); false when it has ended.</summary>
    /// <exception cref="OsFaultException">The call failed for another reason.</exception>
    internal static bool PidfdSendSignal(SafeFileHandle pidfd, int signal)
    {
        bool held = false;
        try
        {
            pidfd.DangerousAddRef(ref held);
            if (syscall(SysPidfdSendSignal, pidfd.DangerousGetHandle(), signal, 0, 0) == 0)
            {
                return true;
            }
        }
        finally
        {
            if (held)
            {
                pidfd.DangerousRelease();
            }
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == Errno.ESRCH ? false : throw new OsFaultException($"pidfd_send_signal({signal})", errno);
    }
}
