using System.Runtime.InteropServices;

namespace MicroVm.Benchmarks.Nested.Interop;

internal static unsafe partial class Native
{
    /// <summary>wait4(2); <paramref name="usage"/> may be null.</summary>
    [LibraryImport("libc", EntryPoint = "wait4", SetLastError = true)]
    internal static partial int wait4(int pid, int* status, int options, void* usage);
}
