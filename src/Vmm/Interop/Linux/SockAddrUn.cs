namespace MicroVm.Vmm.Interop.Linux;

/// <summary><c>struct sockaddr_un</c> of <c>&lt;sys/un.h&gt;</c>.</summary>
internal unsafe struct SockAddrUn
{
    /// <summary>Longest path, in bytes, without the terminating NUL.</summary>
    internal const int MaxPathBytes = 107;

    internal ushort Family;
    internal fixed byte Path[MaxPathBytes + 1];
}
