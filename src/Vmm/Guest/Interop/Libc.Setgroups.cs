using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

internal static unsafe partial class Libc
{
    /// <summary>setgroups(2).</summary>
    [LibraryImport("libc", EntryPoint = "setgroups", SetLastError = true)]
    internal static partial int setgroups(nuint count, uint* groups);
}
