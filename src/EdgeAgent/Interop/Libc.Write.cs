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

    /// <summary>Writes one message, whole (write(2)).</summary>
    /// <exception cref="OsFaultException">The call failed.</exception>
    internal static void WriteMessage(SafeFileHandle fd, ReadOnlySpan<byte> message)
    {
        // SAFETY: the kernel reads exactly the length of the pinned message.
        fixed (byte* start = message)
        {
            if (write(fd, start, (nuint)message.Length) != message.Length)
            {
                throw new OsFaultException("write", Marshal.GetLastPInvokeError());
            }
        }
    }
}
