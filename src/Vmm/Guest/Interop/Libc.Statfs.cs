using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

internal static unsafe partial class Libc
{
    /// <summary>statfs(2).</summary>
    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statfs(string path, FileSystemStatus* status);
}
