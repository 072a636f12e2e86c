using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollFd* fds, nuint count, int timeout);

    /// <summary>Waits without limit until one of the descriptors has an event (poll(2)). A signal ends the wait early.</summary>
    /// <exception cref="OsFaultException">The call failed.</exception>
    internal static void Poll(Span<PollFd> fds)
    {
        // SAFETY: the span is pinned for the call and the count is its own length.
        fixed (PollFd* first = fds)
        {
            if (poll(first, (nuint)fds.Length, -1) < 0 && Marshal.GetLastPInvokeError() is int errno && errno != Errno.EINTR)
            {
                throw new OsFaultException("poll", errno);
            }
        }
    }
}
