using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

/// <summary>Calls into the C library: one file per call, its native declaration and a wrapper that throws <see cref="OsFaultException"/>.</summary>
internal static partial class Libc
{
    // The C library has wrappers for these two since glibc 2.36 only. The numbers are the same on x86_64 and aarch64.
    private const long SysPidfdSendSignal = 424;
    private const long SysPidfdOpen = 434;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long syscall(long number, long first, long second, long third, long fourth);
}
