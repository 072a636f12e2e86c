using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    private const int ProtReadWrite = 3, MapShared = 1, MapPrivateAnonymous = 0x22;

    [LibraryImport("libc", SetLastError = true)]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, nint fd, long offset);

    /// <summary>Zeroed memory of whole pages (mmap(2)); the caller unmaps it.</summary>
    /// <exception cref="OsFaultException">The call failed.</exception>
    internal static byte* MapMemory(nuint bytes) => Checked(mmap(null, bytes, ProtReadWrite, MapPrivateAnonymous, -1, 0));

    /// <summary>A descriptor's memory from its start, shared with the kernel (mmap(2)); the caller unmaps it.</summary>
    /// <exception cref="OsFaultException">The call failed.</exception>
    internal static byte* MapShare(SafeFileHandle fd, nuint bytes) => Checked(mmap(null, bytes, ProtReadWrite, MapShared, fd.DangerousGetHandle(), 0));

    private static byte* Checked(void* mapping) =>
        (nint)mapping != -1 ? (byte*)mapping : throw new OsFaultException("mmap", Marshal.GetLastPInvokeError());
}
