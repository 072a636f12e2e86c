using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

internal static unsafe partial class Libc
{
    /// <summary>setgid(2).</summary>
    [LibraryImport("libc", EntryPoint = "setgid", SetLastError = true)]
    internal static partial int setgid(uint gid);
}
