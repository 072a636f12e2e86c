using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>syscall(2) as seccomp(2), which the C library does not wrap.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint seccomp(nint number, nuint operation, nuint flags, SockProgram* program);
}
