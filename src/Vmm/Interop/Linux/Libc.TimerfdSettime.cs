using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>timerfd_settime(2).</summary>
    [LibraryImport("libc", EntryPoint = "timerfd_settime", SetLastError = true)]
    internal static partial int timerfd_settime(int fd, int flags, TimerSpec* value, TimerSpec* old);
}
