using System.Net;
using System.Net.NetworkInformation;
using System.Security.Cryptography;
using System.Text;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Networks;

/// <summary>What a VM has of the device's network for as long as the device knows it. Durable.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Tap">Its tap.</param>
/// <param name="Mac">Its interface's address: locally administered.</param>
/// <param name="Ipv4">Its address of the pool.</param>
internal sealed record VmLink(ResourceName Vm, string Tap, PhysicalAddress Mac, IPAddress Ipv4)
{
    /// <summary>What names of taps begin with.</summary>
    internal const string TapPrefix = "mvm-";

    private const int HashedBytes = 5;

    /// <summary>
    /// A VM's link, the same for the same name and attempt. Another attempt is made only when another VM has the tap or the
    /// address already.
    /// </summary>
    internal static VmLink Derive(ResourceName vm, int attempt, IPAddress ipv4)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{vm.Value}/{attempt}"));
        string tap = TapPrefix + Convert.ToHexStringLower(hash, 0, HashedBytes - 1);
        return new VmLink(vm, tap, new PhysicalAddress([0x02, .. hash.AsSpan(0, HashedBytes)]), ipv4);
    }

    /// <summary>The address as nft(8) and the VMM write it.</summary>
    internal static string Write(PhysicalAddress mac) => string.Join(':', mac.GetAddressBytes().Select(static part => part.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
}
