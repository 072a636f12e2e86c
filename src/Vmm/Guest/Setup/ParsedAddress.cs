using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Setup;

/// <summary>An IPv4 or IPv6 address.</summary>
/// <param name="Family">AF_INET or AF_INET6.</param>
/// <param name="Bytes">4 or 16 bytes.</param>
internal readonly record struct ParsedAddress(byte Family, byte[] Bytes)
{
    private const int BytesOfIpV4 = 4, BytesOfIpV6 = 16;

    /// <summary>Bits of such an address.</summary>
    internal int Bits => 8 * Bytes.Length;

    internal bool IsIpV6 => Family == SockAddrV6.FamilyInet6;

    /// <summary>Reads an address.</summary>
    /// <exception cref="WorkloadException">It is none.</exception>
    internal static unsafe ParsedAddress Parse(string text, string what)
    {
        bool isIpV6 = text.Contains(':');
        byte[] bytes = new byte[isIpV6 ? BytesOfIpV6 : BytesOfIpV4];
        byte family = (byte)(isIpV6 ? SockAddrV6.FamilyInet6 : SockAddrV4.FamilyInet);
        // SAFETY: the array has the size that the family's address has.
        fixed (byte* start = bytes)
        {
            return Libc.inet_pton(family, text, start) == 1
                ? new ParsedAddress(family, bytes)
                : throw new WorkloadException(WorkloadException.NotStarted, $"{what}: expected an IPv4 or IPv6 address, found '{text}'");
        }
    }
}
