using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Interop;

internal static unsafe partial class Libc
{
    /// <summary>Path of the device that taps are made with.</summary>
    internal const string TunPath = "/dev/net/tun";

    /// <summary>Makes a tap that stays when nobody has it open, or takes one that is there (Documentation/networking/tuntap.rst).</summary>
    /// <exception cref="OsFaultException">There is no such device, the kernel refuses, or a VMM has the tap open.</exception>
    internal static void MakeTap(string name)
    {
        using SafeFileHandle device = TryOpenDevice(TunPath, out int errno) ?? throw new OsFaultException($"open({TunPath})", errno);
        // SAFETY: the structure is on this frame and has the 40 bytes of struct ifreq; the kernel uses it only during the call.
        TapRequest request = default;
        int length = Encoding.ASCII.GetBytes(name, request.Name);
        request.InterfaceFlags = length < TapRequest.NameBytes
            ? TapRequest.Flags
            : throw new ArgumentException($"expected fewer than {TapRequest.NameBytes} characters, found {name}", nameof(name));
        int result = Ioctl(device, TapRequest.SetInterface, &request);
        result = result < 0 ? result : Ioctl(device, TapRequest.SetPersist, 1);
        if (result < 0)
        {
            throw new OsFaultException($"tap {name}: ioctl(TUNSETIFF)", -result);
        }
    }
}
