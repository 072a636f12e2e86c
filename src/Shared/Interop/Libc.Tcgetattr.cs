using System.Runtime.InteropServices;

namespace MicroVm.Shared.Interop;

internal static partial class Libc
{
    /// <summary>Reads a terminal's mode (termios(3)); 0 when it is done.</summary>
    [LibraryImport("libc")]
    internal static partial int tcgetattr(int fd, out Termios mode);
}
