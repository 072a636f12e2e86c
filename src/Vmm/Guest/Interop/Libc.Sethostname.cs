using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

internal static unsafe partial class Libc
{
    /// <summary>sethostname(2).</summary>
    [LibraryImport("libc", EntryPoint = "sethostname", SetLastError = true)]
    internal static partial int sethostname(byte* name, nuint length);
}
