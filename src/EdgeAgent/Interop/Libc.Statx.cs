using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    private const int AtFdcwd = -100;
    private const uint StatxBasicStats = 0x7FF;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, StatX* result);

    /// <summary>Who may do what with a file (statx(2)); null when there is none, or none that can be looked at.</summary>
    internal static StatX? TryStat(string path)
    {
        // SAFETY: the result is a local of the structure's full size.
        StatX result;
        return statx(AtFdcwd, path, 0, StatxBasicStats, &result) == 0 ? result : null;
    }
}
