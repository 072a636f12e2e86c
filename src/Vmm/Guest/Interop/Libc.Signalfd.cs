using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

internal static unsafe partial class Libc
{
    /// <summary>signalfd(2).</summary>
    [LibraryImport("libc", EntryPoint = "signalfd", SetLastError = true)]
    internal static partial int signalfd(int fd, SignalSet* mask, int flags);
}
