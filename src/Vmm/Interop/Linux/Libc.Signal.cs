using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>signal(2), for SIG_IGN and SIG_DFL alone: no managed code may run as a signal handler.</summary>
    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    internal static partial nint signal(int number, nint disposition);
}
