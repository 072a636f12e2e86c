using System.Runtime.InteropServices;

namespace MicroVm.Shared.Interop;

internal static partial class Libc
{
    /// <summary>The change waits until what was written has gone out.</summary>
    internal const int TCSADRAIN = 1;

    /// <summary>Sets a terminal's mode (termios(3)); 0 when it is done.</summary>
    [LibraryImport("libc")]
    internal static partial int tcsetattr(int fd, int actions, in Termios mode);
}
