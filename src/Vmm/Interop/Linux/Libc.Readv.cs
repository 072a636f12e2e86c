using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>readv(2).</summary>
    [LibraryImport("libc", EntryPoint = "readv", SetLastError = true)]
    internal static partial nint readv(int fd, IoVec* vectors, int count);
}
