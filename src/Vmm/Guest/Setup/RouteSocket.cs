using System.Buffers.Binary;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Setup;

/// <summary>A socket of rtnetlink(7), one request at a time.</summary>
internal sealed unsafe class RouteSocket : IDisposable
{
    private const int FamilyNetlink = 16;
    private const int TypeRaw = 3;
    private const int Route = 0;
    private const ushort Error = 2;
    private const int TypeOffset = 4;

    private readonly int _fd = OsFaultException.Check(Libc.socket(FamilyNetlink, TypeRaw | Fd.CloseOnExec, Route), "socket", "AF_NETLINK");

    /// <summary>Sends a request and takes its acknowledgement.</summary>
    /// <exception cref="OsFaultException">The kernel refused it.</exception>
    internal void Send(NetlinkMessage message, string what)
    {
        ReadOnlySpan<byte> bytes = message.Bytes;
        // SAFETY: the kernel reads bytes.Length bytes of the pinned span.
        fixed (byte* start = bytes)
        {
            OsFaultException.Check((int)Libc.send(_fd, start, (nuint)bytes.Length, 0), "netlink", what);
        }

        byte* answer = stackalloc byte[4096];
        // SAFETY: the kernel writes at most the size of the buffer.
        int count = OsFaultException.Check((int)Libc.recv(_fd, answer, 4096, 0), "netlink", what);
        ReadOnlySpan<byte> received = new(answer, count);
        // struct nlmsgerr behind the header begins with minus the errno, 0 for done.
        bool isAnswer = count >= NetlinkMessage.HeaderBytes + sizeof(int)
            && BinaryPrimitives.ReadUInt16LittleEndian(received[TypeOffset..]) == Error;
        int error = isAnswer ? BinaryPrimitives.ReadInt32LittleEndian(received[NetlinkMessage.HeaderBytes..]) : -Errno.InputOutput;
        if (error != 0)
        {
            throw new OsFaultException("netlink", what, -error);
        }
    }

    public void Dispose() => _ = Libc.close(_fd);
}
