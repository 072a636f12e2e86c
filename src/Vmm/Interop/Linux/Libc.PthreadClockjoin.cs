using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>pthread_clockjoin_np(3): waits until an absolute time of the clock; the error number is what it returns.</summary>
    [LibraryImport("libc", EntryPoint = "pthread_clockjoin_np")]
    internal static partial int pthread_clockjoin_np(nuint thread, void** result, int clock, long* deadline);
}
