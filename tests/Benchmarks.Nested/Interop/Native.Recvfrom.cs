using System.Runtime.InteropServices;

namespace MicroVm.Benchmarks.Nested.Interop;

internal static unsafe partial class Native
{
    /// <summary>recvfrom(2).</summary>
    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    internal static partial nint recvfrom(int fd, void* buffer, nuint count, int flags, void* address, uint* length);
}
