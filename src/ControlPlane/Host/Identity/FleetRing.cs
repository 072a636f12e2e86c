using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>Which keys the fleet has. What <c>fleet.json</c> holds.</summary>
/// <param name="TrustVersion">Version of the trust bundle; rises with every change.</param>
/// <param name="NextNumber">Number of the next key, so that no name comes twice.</param>
/// <param name="Signing">Signing keys, newest first; the newest signs.</param>
/// <param name="Authorities">Authorities, newest first; the newest issues to devices, the oldest to this server.</param>
internal sealed record FleetRing(ulong TrustVersion, int NextNumber, ImmutableArray<FleetKey> Signing, ImmutableArray<FleetKey> Authorities);
