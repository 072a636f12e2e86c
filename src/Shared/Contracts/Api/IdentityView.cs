namespace MicroVm.Shared.Contracts.Api;

/// <summary>Who a device is, and whether it may connect.</summary>
/// <param name="Device">Device id.</param>
/// <param name="State"><c>Pending</c>, <c>Active</c>, <c>Revoked</c>, <c>Decommissioning</c> or <c>Decommissioned</c>.</param>
/// <param name="KeyDigest">Digest of its public key, to compare with what the device shows.</param>
/// <param name="Admission">Id of the token that let it in, or <c>manufacturer</c>.</param>
/// <param name="Labels">Labels that came with it.</param>
/// <param name="SerialNumber">Serial number of its newest certificate; empty when it has none.</param>
/// <param name="NotAfter">When that certificate ends.</param>
/// <param name="TrustVersion">Version of the trust bundle that it holds.</param>
/// <param name="ChangedAt">When it came into this state.</param>
public sealed record IdentityView(
    string Device,
    string State,
    string KeyDigest,
    string Admission,
    IReadOnlyDictionary<string, string> Labels,
    string SerialNumber,
    DateTimeOffset? NotAfter,
    ulong TrustVersion,
    DateTimeOffset ChangedAt);
