using System.Runtime.InteropServices;

namespace MicroVm.Benchmarks.Nested.Interop;

internal static unsafe partial class Native
{
    /// <summary>accept4(2) without the peer's address.</summary>
    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    internal static partial int accept4(int fd, void* address, void* length, int flags);
}
