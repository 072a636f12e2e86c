using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>pthread_attr_init(3).</summary>
    [LibraryImport("libc", EntryPoint = "pthread_attr_init")]
    internal static partial int pthread_attr_init(void* attributes);
}
