using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

internal static unsafe partial class Libc
{
    /// <summary>setuid(2).</summary>
    [LibraryImport("libc", EntryPoint = "setuid", SetLastError = true)]
    internal static partial int setuid(uint uid);
}
