using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Interop;

internal static partial class Libc
{
    private const int AfNetlink = 16, SockRaw = 3, SockCloexec = 0x80000, NetlinkRoute = 0;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    /// <summary>A socket to the kernel's links, addresses and routes (rtnetlink(7)), of this thread's network namespace.</summary>
    /// <exception cref="OsFaultException">The call failed.</exception>
    internal static SafeFileHandle OpenRouteNetlink()
    {
        int fd = socket(AfNetlink, SockRaw | SockCloexec, NetlinkRoute);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new OsFaultException("socket(AF_NETLINK)", Marshal.GetLastPInvokeError());
    }
}
