using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>writev(2).</summary>
    [LibraryImport("libc", EntryPoint = "writev", SetLastError = true)]
    internal static partial nint writev(int fd, IoVec* vectors, int count);
}
