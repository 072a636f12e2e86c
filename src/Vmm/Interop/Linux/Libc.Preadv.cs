using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>preadv(2).</summary>
    [LibraryImport("libc", EntryPoint = "preadv", SetLastError = true)]
    internal static partial nint preadv(int fd, IoVec* vectors, int count, long offset);
}
