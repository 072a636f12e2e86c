using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

internal static unsafe partial class Libc
{
    /// <summary>sync(2).</summary>
    [LibraryImport("libc", EntryPoint = "sync")]
    internal static partial void sync();
}
