using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

internal static unsafe partial class Libc
{
    /// <summary>sigprocmask(2).</summary>
    [LibraryImport("libc", EntryPoint = "sigprocmask", SetLastError = true)]
    internal static partial int sigprocmask(int how, SignalSet* set, SignalSet* previous);
}
