using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle fd, nuint request, nuint argument);

    /// <summary>ioctl(2) with a number as its argument. A negative result is a negative errno.</summary>
    internal static int Ioctl(SafeFileHandle fd, uint request, nuint argument)
    {
        int result = ioctl(fd, request, argument);
        return result >= 0 ? result : -Marshal.GetLastPInvokeError();
    }

    /// <summary>ioctl(2) with a structure of the size that the request encodes, which the kernel uses only during the call.</summary>
    internal static int Ioctl(SafeFileHandle fd, uint request, void* argument) => Ioctl(fd, request, (nuint)argument);
}
