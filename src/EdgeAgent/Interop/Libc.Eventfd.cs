using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Interop;

internal static partial class Libc
{
    private const int EfdCloexec = 0x80000;
    private const int EfdNonblock = 0x800;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    /// <summary>A counter to wake a poll with, close-on-exec and non-blocking (eventfd(2)).</summary>
    /// <exception cref="OsFaultException">The call failed.</exception>
    internal static SafeFileHandle Eventfd()
    {
        int fd = eventfd(0, EfdCloexec | EfdNonblock);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new OsFaultException("eventfd", Marshal.GetLastPInvokeError());
    }
}
