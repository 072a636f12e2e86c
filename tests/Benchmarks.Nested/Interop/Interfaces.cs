using System.Text;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Benchmarks.Nested.Interop;

/// <summary>Network interfaces through ioctl(2): address, up, taps (requests of <c>&lt;linux/sockios.h&gt;</c> and <c>&lt;linux/if_tun.h&gt;</c>).</summary>
internal static unsafe class Interfaces
{
    private const int TypeDatagram = 2;
    private const nuint SetFlags = 0x8914;
    private const nuint SetAddress = 0x8916;
    private const nuint SetNetmask = 0x891C;
    private const short UpAndRunning = 0x1 | 0x40;
    private const nuint TunSetIff = 0x400454CA;
    private const nuint TunSetPersist = 0x400454CB;
    private const short TapNoPacketInfoVnetHeader = 0x0002 | 0x1000 | 0x4000;

    /// <summary>Makes a tap that stays when nobody has it open.</summary>
    internal static void MakeTap(string name)
    {
        int fd = OsFaultException.Check(Libc.open("/dev/net/tun", Fd.ReadWrite | Fd.CloseOnExec, 0), "open", "/dev/net/tun");
        InterfaceRequest request = new() { Flags = TapNoPacketInfoVnetHeader };
        Encoding.ASCII.GetBytes(name, new Span<byte>(request.Name, 15));
        OsFaultException.Check(Libc.ioctl(fd, TunSetIff, &request), "TUNSETIFF", name);
        OsFaultException.Check(Libc.ioctl(fd, TunSetPersist, (void*)1), "TUNSETPERSIST", name);
        _ = Libc.close(fd);
    }

    /// <summary>Gives an interface an address with 30 bits of network, and brings it up.</summary>
    internal static void BringUp(string name, string address)
    {
        int fd = OsFaultException.Check(Libc.socket(SockAddrIn.FamilyInet, TypeDatagram | Fd.CloseOnExec, 0), "socket", "AF_INET");
        InterfaceAddressRequest request = default;
        Encoding.ASCII.GetBytes(name, new Span<byte>(request.Name, 15));
        request.Address = SockAddrIn.Of(address, 0);
        OsFaultException.Check(Libc.ioctl(fd, SetAddress, &request), "SIOCSIFADDR", name);
        if (name != "lo")
        {
            request.Address = SockAddrIn.Of("255.255.255.252", 0);
            OsFaultException.Check(Libc.ioctl(fd, SetNetmask, &request), "SIOCSIFNETMASK", name);
        }

        InterfaceRequest flags = new() { Flags = UpAndRunning };
        Encoding.ASCII.GetBytes(name, new Span<byte>(flags.Name, 15));
        OsFaultException.Check(Libc.ioctl(fd, SetFlags, &flags), "SIOCSIFFLAGS", name);
        _ = Libc.close(fd);
    }
}
