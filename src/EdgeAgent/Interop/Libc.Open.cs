using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Interop;

internal static partial class Libc
{
    /// <summary>Opens a device for reading and writing, close-on-exec (open(2)); null with the errno when that fails.</summary>
    internal static SafeFileHandle? TryOpenDevice(string path, out int errno)
    {
        int fd = open(path, OReadWrite | OCloexec);
        errno = fd >= 0 ? 0 : Marshal.GetLastPInvokeError();
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : null;
    }
}
