using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>pwritev(2).</summary>
    [LibraryImport("libc", EntryPoint = "pwritev", SetLastError = true)]
    internal static partial nint pwritev(int fd, IoVec* vectors, int count, long offset);
}
