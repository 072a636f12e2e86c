using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

internal static unsafe partial class Libc
{
    /// <summary>inet_pton(3): 1 when the text is an address.</summary>
    [LibraryImport("libc", EntryPoint = "inet_pton", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int inet_pton(int family, string text, void* address);
}
