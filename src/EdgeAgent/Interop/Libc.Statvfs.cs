using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statvfs(string path, StatVfs* result);

    /// <summary>Room of the file system that holds a path (statvfs(3)).</summary>
    /// <exception cref="OsFaultException">The call failed.</exception>
    internal static FileSystemSpace SpaceOf(string path)
    {
        // SAFETY: the result is a local of the C structure's full size.
        StatVfs space;
        return statvfs(path, &space) == 0
            ? new FileSystemSpace(
                space.Blocks * space.FragmentSize, space.BlocksFree * space.FragmentSize, space.BlocksAvailable * space.FragmentSize)
            : throw new OsFaultException($"statvfs({path})", Marshal.GetLastPInvokeError());
    }
}
