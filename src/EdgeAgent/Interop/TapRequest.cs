using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

/// <summary><c>struct ifreq</c> (linux/if.h) with the flags of TUNSETIFF.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TapRequest
{
    /// <summary>IFF_TAP, IFF_NO_PI and IFF_VNET_HDR of linux/if_tun.h.</summary>
    internal const short Flags = 0x0002 | 0x1000 | 0x4000;

    /// <summary>TUNSETIFF and TUNSETPERSIST of linux/if_tun.h.</summary>
    internal const uint SetInterface = 0x4004_54CA, SetPersist = 0x4004_54CB;

    /// <summary>Longest name with its end.</summary>
    internal const int NameBytes = 16;

    internal NameBuffer Name;
    internal short InterfaceFlags;
    internal RestBuffer Rest;

    /// <summary>The name, padded with zeros.</summary>
    [InlineArray(NameBytes)]
    internal struct NameBuffer
    {
        private byte _first;
    }

    /// <summary>What the union has beyond the flags.</summary>
    [InlineArray(22)]
    internal struct RestBuffer
    {
        private byte _first;
    }
}
