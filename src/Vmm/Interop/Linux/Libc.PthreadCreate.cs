using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>pthread_create(3); the error number is what it returns.</summary>
    [LibraryImport("libc", EntryPoint = "pthread_create")]
    internal static partial int pthread_create(nuint* thread, void* attributes, delegate* unmanaged<void*, void*> start, void* argument);
}
