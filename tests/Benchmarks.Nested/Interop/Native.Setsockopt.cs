using System.Runtime.InteropServices;

namespace MicroVm.Benchmarks.Nested.Interop;

internal static unsafe partial class Native
{
    /// <summary>setsockopt(2).</summary>
    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int setsockopt(int fd, int level, int option, void* value, uint length);
}
