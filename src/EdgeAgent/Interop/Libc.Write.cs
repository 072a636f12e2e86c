using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle fd, void* buffer, nuint count);

    /// <summary>Raises an eventfd's counter. A counter at its maximum wakes as well, so a refused write is no fault.</summary>
    internal static void SignalEventfd(SafeFileHandle fd)
    {
        // SAFETY: an eventfd takes exactly eight bytes from the local.
        ulong one = 1;
        _ = write(fd, &one, sizeof(ulong));
    }
}
