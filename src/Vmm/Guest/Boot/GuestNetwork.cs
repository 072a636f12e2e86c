using System.Text;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Setup;

namespace MicroVm.Vmm.Guest.Boot;

/// <summary>Host name and loopback interface.</summary>
internal static unsafe class GuestNetwork
{
    private const int FamilyInet = 2;
    private const int TypeDatagram = 2;
    private const nuint GetInterfaceFlags = 0x8913;
    private const nuint SetInterfaceFlags = 0x8914;
    private const short InterfaceUp = 1;
    private const string Hosts = "/etc/hosts";
    private const int HostsLimitBytes = 1 << 20;

    /// <summary>Brings <c>lo</c> up; the kernel gives it 127.0.0.1 and ::1.</summary>
    internal static void BringLoopbackUp()
    {
        int fd = OsFaultException.Check(Libc.socket(FamilyInet, TypeDatagram | Fd.CloseOnExec, 0), "socket", "AF_INET");
        InterfaceRequest request = default;
        request.Name[0] = (byte)'l';
        request.Name[1] = (byte)'o';
        // SAFETY: both calls take a struct ifreq, which the kernel reads and writes during the call.
        OsFaultException.Check(Libc.ioctl(fd, GetInterfaceFlags, &request), "SIOCGIFFLAGS", "lo");
        request.Flags |= InterfaceUp;
        OsFaultException.Check(Libc.ioctl(fd, SetInterfaceFlags, &request), "SIOCSIFFLAGS", "lo");
        _ = Libc.close(fd);
    }

    /// <summary>Sets the host name, <c>/etc/hostname</c>, and <c>/etc/hosts</c> where it lacks the name.</summary>
    internal static void SetHostname(string name, string address)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(name);
        // SAFETY: the kernel reads utf8.Length bytes of the pinned array.
        fixed (byte* start = utf8)
        {
            OsFaultException.Check(Libc.sethostname(start, (nuint)utf8.Length), "sethostname", name);
        }

        Mounts.MakeDirectory("/etc");
        Fd.WriteFile("/etc/hostname", [.. utf8, (byte)'\n']);
        string before = Encoding.UTF8.GetString(Fd.ReadFile(Hosts, HostsLimitBytes) ?? []);
        string after = HostsFile.With(before, name, address);
        if (after != before)
        {
            Fd.WriteFile(Hosts, Encoding.UTF8.GetBytes(after));
        }
    }
}
