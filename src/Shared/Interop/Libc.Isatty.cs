using System.Runtime.InteropServices;

namespace MicroVm.Shared.Interop;

/// <summary>The C library.</summary>
internal static partial class Libc
{
    /// <summary>1 for a descriptor that is a terminal (isatty(3)).</summary>
    [LibraryImport("libc")]
    internal static partial int isatty(int fd);
}
