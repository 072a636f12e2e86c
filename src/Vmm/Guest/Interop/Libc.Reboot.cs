using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

internal static unsafe partial class Libc
{
    /// <summary>reboot(2) as the C library wraps it.</summary>
    [LibraryImport("libc", EntryPoint = "reboot", SetLastError = true)]
    internal static partial int reboot(int command);
}
