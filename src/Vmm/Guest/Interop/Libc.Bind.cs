using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

internal static unsafe partial class Libc
{
    /// <summary>bind(2).</summary>
    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    internal static partial int bind(int fd, void* address, uint length);
}
