using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle fd, void* buffer, nuint count);

    /// <summary>Takes an eventfd's counter back to zero; nothing happens when it is zero already.</summary>
    internal static void DrainEventfd(SafeFileHandle fd)
    {
        // SAFETY: an eventfd reads exactly eight bytes into the local.
        ulong value;
        _ = read(fd, &value, sizeof(ulong));
    }

    /// <summary>Reads at most a buffer (read(2)).</summary>
    /// <exception cref="OsFaultException">The call failed.</exception>
    internal static int Read(SafeFileHandle fd, Span<byte> buffer)
    {
        // SAFETY: the kernel writes at most the length of the pinned buffer.
        fixed (byte* start = buffer)
        {
            nint count = read(fd, start, (nuint)buffer.Length);
            return count >= 0 ? (int)count : throw new OsFaultException("read", Marshal.GetLastPInvokeError());
        }
    }
}
