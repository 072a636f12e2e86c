using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>getpid(2).</summary>
    [LibraryImport("libc", EntryPoint = "getpid")]
    internal static partial int getpid();
}
