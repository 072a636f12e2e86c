using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

internal static unsafe partial class Libc
{
    /// <summary>clock_settime(2).</summary>
    [LibraryImport("libc", EntryPoint = "clock_settime", SetLastError = true)]
    internal static partial int clock_settime(int clock, TimeSpec* time);
}
