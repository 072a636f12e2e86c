namespace MicroVm.Vmm.Interop.Linux;

/// <summary>Requests and flags of <c>&lt;linux/if_tun.h&gt;</c>.</summary>
internal static class TunIoctl
{
    /// <summary>TUNSETIFF.</summary>
    internal const uint SetInterface = 0x400454ca;

    /// <summary>TUNSETOFFLOAD.</summary>
    internal const uint SetOffload = 0x400454d0;

    /// <summary>TUNSETVNETHDRSZ.</summary>
    internal const uint SetVirtioHeaderSize = 0x400454d8;

    /// <summary>IFF_TAP.</summary>
    internal const ushort Tap = 0x0002;

    /// <summary>IFF_NO_PI.</summary>
    internal const ushort NoPacketInformation = 0x1000;

    /// <summary>IFF_VNET_HDR.</summary>
    internal const ushort VirtioHeader = 0x4000;
}
