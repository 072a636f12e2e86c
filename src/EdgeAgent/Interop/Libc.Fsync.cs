using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Interop;

internal static partial class Libc
{
    private const int OCloexec = 0x80000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle fd);

    /// <summary>Makes a directory's entries durable: without it a rename may be undone by a power loss.</summary>
    /// <exception cref="OsFaultException">A call failed.</exception>
    internal static void SyncDirectory(string path)
    {
        int fd = open(path, OCloexec);
        if (fd < 0)
        {
            throw new OsFaultException($"open({path})", Marshal.GetLastPInvokeError());
        }

        using SafeFileHandle handle = new(fd, ownsHandle: true);
        if (fsync(handle) != 0)
        {
            throw new OsFaultException($"fsync({path})", Marshal.GetLastPInvokeError());
        }
    }
}
