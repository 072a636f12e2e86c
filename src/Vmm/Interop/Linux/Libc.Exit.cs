using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>_exit(2): ends the process without running anything more of it.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    internal static partial void _exit(int status);
}
