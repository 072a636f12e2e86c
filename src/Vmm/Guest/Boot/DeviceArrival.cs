using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Boot;

/// <summary>
/// Waits for device nodes by the kernel's uevents. Made before the modules that bring the devices are loaded, so that no
/// arrival is missed; devtmpfs has the node before its event is sent.
/// </summary>
internal sealed unsafe class DeviceArrival : IDisposable
{
    private const int FamilyNetlink = 16;
    private const int TypeDatagram = 2;
    private const int NetlinkKobjectUevent = 15;
    private const short PollIn = 1;

    private readonly int _fd;

    internal DeviceArrival()
    {
        _fd = OsFaultException.Check(
            Libc.socket(FamilyNetlink, TypeDatagram | Fd.CloseOnExec | Fd.NonBlock, NetlinkKobjectUevent), "socket", "AF_NETLINK");
        SockAddrNl address = new() { Family = FamilyNetlink, Groups = 1 };
        // SAFETY: the kernel copies the structure during the call.
        OsFaultException.Check(Libc.bind(_fd, &address, (uint)sizeof(SockAddrNl)), "bind", "kernel uevents");
    }

    /// <summary>Returns as soon as the node, or another file that comes with a device, is there.</summary>
    /// <exception cref="TimeoutException">It did not come in time.</exception>
    internal void Await(string node, int timeoutMilliseconds)
    {
        long deadline = Environment.TickCount64 + timeoutMilliseconds;
        while (!FileStatus.TryRead(node, out _))
        {
            int left = (int)Math.Max(0, deadline - Environment.TickCount64);
            if (left == 0)
            {
                throw new TimeoutException($"expected {node}, which no device brought within {timeoutMilliseconds / 1000} s");
            }

            AwaitEvent(left);
        }
    }

    public void Dispose() => _ = Libc.close(_fd);

    private void AwaitEvent(int timeoutMilliseconds)
    {
        PollFd wait = new() { Fd = _fd, Events = PollIn };
        // SAFETY: one structure, as the count says.
        _ = Libc.poll(&wait, 1, timeoutMilliseconds);
        byte* scratch = stackalloc byte[4096];
        // What an event says does not matter; all that are queued are taken so that the next wait is for a new one.
        while (Libc.recv(_fd, scratch, 4096, 0) > 0)
        {
        }
    }
}
