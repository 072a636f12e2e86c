using System.Runtime.InteropServices;

namespace MicroVm.Shared.Interop;

internal static partial class Libc
{
    /// <summary>Makes of a mode one that passes every byte on as it is (termios(3)).</summary>
    [LibraryImport("libc")]
    internal static partial void cfmakeraw(ref Termios mode);
}
