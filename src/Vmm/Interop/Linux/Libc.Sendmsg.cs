using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>sendmsg(2): the gathering write that can leave SIGPIPE out.</summary>
    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    internal static partial nint sendmsg(int fd, MsgHdr* message, int flags);
}
