using System.Runtime.InteropServices;

namespace MicroVm.Shared.Interop;

internal static partial class Libc
{
    /// <summary>Asks for the size of a terminal's window (<c>asm-generic/ioctls.h</c>).</summary>
    internal const nuint TIOCGWINSZ = 0x5413;

    /// <summary>Reads a window's size (ioctl_tty(2)); 0 when it is done. A variable argument is passed like any other on x86_64 and aarch64 Linux.</summary>
    [LibraryImport("libc")]
    internal static partial int ioctl(int fd, nuint request, out WindowSize size);
}
