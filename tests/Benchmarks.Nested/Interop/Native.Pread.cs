using System.Runtime.InteropServices;

namespace MicroVm.Benchmarks.Nested.Interop;

internal static unsafe partial class Native
{
    /// <summary>pread(2).</summary>
    [LibraryImport("libc", EntryPoint = "pread64", SetLastError = true)]
    internal static partial nint pread(int fd, void* buffer, nuint count, long offset);
}
