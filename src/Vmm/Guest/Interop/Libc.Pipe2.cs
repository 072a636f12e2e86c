using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

internal static unsafe partial class Libc
{
    /// <summary>pipe2(2).</summary>
    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    internal static partial int pipe2(int* ends, int flags);
}
