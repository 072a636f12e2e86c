using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    private const int WNoHang = 1;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, int* status, int options);

    /// <summary>
    /// Reaps an ended child (waitpid(2)) and says its exit code, 128 + signal when one ended it; null when the process is
    /// not a child of this one or has not ended.
    /// </summary>
    internal static int? TryReap(int pid)
    {
        // SAFETY: the status is a local that outlives the call.
        int status;
        if (waitpid(pid, &status, WNoHang) != pid)
        {
            return null;
        }

        int signal = status & 0x7F;
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal;
    }
}
