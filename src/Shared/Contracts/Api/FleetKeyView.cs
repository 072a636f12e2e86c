namespace MicroVm.Shared.Contracts.Api;

/// <summary>A key of the fleet.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Since">First version of the bundle that has it.</param>
/// <param name="Fingerprint">A signing key's id; SHA-256 of an authority's certificate, which enrolment tokens carry.</param>
/// <param name="NotAfter">When an authority ends; null for a signing key.</param>
public sealed record FleetKeyView(string Name, ulong Since, string Fingerprint, DateTimeOffset? NotAfter);
