using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>syscall(2) as io_uring_enter(2), which the C library does not wrap.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint io_uring_enter(
        nint number, nint fd, nuint submit, nuint waitFor, nuint flags, void* signals, nuint signalsBytes);
}
