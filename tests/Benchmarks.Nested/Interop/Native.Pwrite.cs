using System.Runtime.InteropServices;

namespace MicroVm.Benchmarks.Nested.Interop;

internal static unsafe partial class Native
{
    /// <summary>pwrite(2).</summary>
    [LibraryImport("libc", EntryPoint = "pwrite64", SetLastError = true)]
    internal static partial nint pwrite(int fd, void* buffer, nuint count, long offset);
}
