using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>pthread_sigmask(3). Returns the error number instead of setting errno.</summary>
    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    internal static partial int pthread_sigmask(int how, SignalSet* set, SignalSet* oldSet);
}
