using System.Runtime.InteropServices;

namespace MicroVm.TestKit.Interop;

internal static partial class Libc
{
    internal const int SigKill = 9;
    internal const int SigTerm = 15;

    /// <summary>kill(2).</summary>
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int kill(int pid, int signal);
}
