using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>signalfd(2); the mask is a glibc <c>sigset_t</c>.</summary>
    [LibraryImport("libc", EntryPoint = "signalfd", SetLastError = true)]
    internal static partial int signalfd(int fd, SignalSet* mask, int flags);
}
