using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>timerfd_create(2).</summary>
    [LibraryImport("libc", EntryPoint = "timerfd_create", SetLastError = true)]
    internal static partial int timerfd_create(int clock, int flags);
}
