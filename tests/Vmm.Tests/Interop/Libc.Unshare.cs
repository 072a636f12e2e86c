using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Tests.Interop;

internal static partial class Libc
{
    /// <summary>unshare(2); for namespaces of the calling thread alone.</summary>
    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    internal static partial int unshare(int flags);
}
