using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>madvise(2).</summary>
    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    internal static partial int madvise(void* address, nuint length, int advice);
}
