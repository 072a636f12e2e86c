using System.Runtime.InteropServices;

namespace MicroVm.Benchmarks.Nested.Interop;

internal static unsafe partial class Native
{
    /// <summary>nanosleep(2) with two <c>timespec</c>; the second may be null.</summary>
    [LibraryImport("libc", EntryPoint = "nanosleep", SetLastError = true)]
    internal static partial int nanosleep(void* duration, void* rest);
}
