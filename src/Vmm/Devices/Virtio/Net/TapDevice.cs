using System.Runtime.InteropServices;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Net;

/// <summary>A tap interface of the host (tun(4)), made when there is none of its name. Packets go straight between it and guest memory.</summary>
internal sealed unsafe class TapDevice : INetBackend
{
    private const string DevicePath = "/dev/net/tun";
    private const int OpenReadWriteNonBlockCloseOnExec = 2 | 0x800 | 0x80000;
    private const int InvalidArgument = 22;

    /// <summary>Attaches to the interface.</summary>
    /// <exception cref="OsFaultException">/dev/net/tun cannot be opened, or the name is taken, no tap's, or none.</exception>
    internal TapDevice(string name)
    {
        if (!InterfaceRequest.TryCreate(name, out InterfaceRequest request))
        {
            throw new OsFaultException("TUNSETIFF", name, InvalidArgument);
        }

        Fd = Libc.open(DevicePath, OpenReadWriteNonBlockCloseOnExec, 0);
        if (Fd < 0)
        {
            throw OsFaultException.FromLastError("open", DevicePath);
        }

        request.Flags = TunIoctl.Tap | TunIoctl.NoPacketInformation | TunIoctl.VirtioHeader;
        int headerSize = NetHeader.SizeBytes;

        // SAFETY: the kernel reads (and for the first also writes) the structures during the calls; both are on the stack.
        Require(Libc.ioctl(Fd, TunIoctl.SetInterface, (nuint)(&request)), "TUNSETIFF", name);
        Require(Libc.ioctl(Fd, TunIoctl.SetVirtioHeaderSize, (nuint)(&headerSize)), "TUNSETVNETHDRSZ", name);
    }

    public int Fd { get; private set; }

    public bool TrySetOffloads(uint offloads) => Libc.ioctl(Fd, TunIoctl.SetOffload, offloads) == 0;

    public int Receive(ReadOnlySpan<IoVec> destination)
    {
        fixed (IoVec* first = destination)
        {
            // SAFETY: every vector is device-writable guest RAM, proven when the chain was walked, or memory of the caller.
            return Result(Libc.readv(Fd, first, destination.Length));
        }
    }

    public int Send(ReadOnlySpan<IoVec> source)
    {
        fixed (IoVec* first = source)
        {
            // SAFETY: every vector is guest RAM, proven when the chain was walked.
            return Result(Libc.writev(Fd, first, source.Length));
        }
    }

    public void Dispose()
    {
        if (Fd >= 0)
        {
            _ = Libc.close(Fd);
            Fd = -1;
        }
    }

    private static int Result(nint value) => value >= 0 ? (int)value : -Marshal.GetLastPInvokeError();

    private void Require(int result, string call, string name)
    {
        if (result < 0)
        {
            OsFaultException fault = OsFaultException.FromLastError(call, name);
            Dispose();
            throw fault;
        }
    }
}
