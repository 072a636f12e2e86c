using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>tgkill(2).</summary>
    [LibraryImport("libc", EntryPoint = "tgkill", SetLastError = true)]
    internal static partial int tgkill(int processId, int threadId, int signal);
}
