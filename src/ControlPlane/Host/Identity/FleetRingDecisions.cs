using System.Collections.Immutable;
using MicroVm.Shared.Contracts.Identity;

namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>
/// How the fleet's keys change: pure functions. A key is added beside the ones before (rotation) and the oldest is taken away later
/// (retirement); in between, devices that were away learn of the new one through a message that an old one signs.
/// </summary>
internal static class FleetRingDecisions
{
    internal static FleetRing First { get; } = new(1, 2, [new FleetKey("signing-1", 1)], [new FleetKey("authority-1", 1)]);

    /// <summary>The ring with one more key of a kind; null when there are too many already.</summary>
    internal static FleetRing? Rotate(FleetRing ring, FleetKeyKind kind)
    {
        ImmutableArray<FleetKey> keys = Of(ring, kind);
        if (keys.Length >= TrustBundle.MaxEntries)
        {
            return null;
        }

        ulong version = ring.TrustVersion + 1;
        string prefix = kind == FleetKeyKind.Signing ? "signing" : "authority";
        return With(ring, kind, keys.Insert(0, new FleetKey($"{prefix}-{ring.NextNumber}", version))) with
        {
            TrustVersion = version,
            NextNumber = ring.NextNumber + 1,
        };
    }

    /// <summary>The ring without the oldest key of a kind; null when it is the only one.</summary>
    internal static FleetRing? Retire(FleetRing ring, FleetKeyKind kind)
    {
        ImmutableArray<FleetKey> keys = Of(ring, kind);
        return keys.Length < 2
            ? null
            : With(ring, kind, keys.RemoveAt(keys.Length - 1)) with { TrustVersion = ring.TrustVersion + 1 };
    }

    /// <summary>The key to sign with for a holder of a bundle: the newest that it has, or the newest of all when it has none of them.</summary>
    internal static FleetKey SignerFor(FleetRing ring, ulong trustVersion) =>
        trustVersion == 0 ? ring.Signing[0] : ring.Signing.FirstOrDefault(key => key.Since <= trustVersion) ?? ring.Signing[0];

    /// <summary>Lowest version that a device has to hold before the oldest key of a kind may go: the next one's first.</summary>
    internal static ulong NeededToRetire(FleetRing ring, FleetKeyKind kind) => Of(ring, kind) is { Length: >= 2 } keys ? keys[^2].Since : 0;

    internal static ImmutableArray<FleetKey> Of(FleetRing ring, FleetKeyKind kind) => kind == FleetKeyKind.Signing ? ring.Signing : ring.Authorities;

    private static FleetRing With(FleetRing ring, FleetKeyKind kind, ImmutableArray<FleetKey> keys) =>
        kind == FleetKeyKind.Signing ? ring with { Signing = keys } : ring with { Authorities = keys };
}
