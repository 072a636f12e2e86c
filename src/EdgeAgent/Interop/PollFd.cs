using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

/// <summary><c>struct pollfd</c> of poll(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollFd
{
    /// <summary>POLLIN.</summary>
    internal const short Readable = 1;

    internal int Fd;
    internal short Events;
    internal short Revents;
}
