using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace MicroVm.ControlPlane.Host.Agents;

/// <summary>Which devices an update begins with. Pure.</summary>
internal static class ShareDecisions
{
    /// <summary>
    /// That share of the devices, at least one; with a larger share the same ones and more. Another version begins with others.
    /// </summary>
    /// <param name="devices">Ids of all devices that are meant.</param>
    /// <param name="version">What they are to run.</param>
    /// <param name="percent">1 to 100.</param>
    internal static IReadOnlyList<string> Share(IReadOnlyCollection<string> devices, string version, int percent) =>
    [
        .. devices.OrderBy(device => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{version}/{device}"))))
            .Take((int)((((long)devices.Count * percent) + 99) / 100))
            .Order(StringComparer.Ordinal),
    ];
}
