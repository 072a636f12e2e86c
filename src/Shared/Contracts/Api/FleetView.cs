namespace MicroVm.Shared.Contracts.Api;

/// <summary>The keys of the fleet.</summary>
/// <param name="TrustVersion">Version of the bundle that devices should hold.</param>
/// <param name="SigningKeys">Signing keys, newest first.</param>
/// <param name="Authorities">Certificate authorities, newest first.</param>
/// <param name="DevicesBehind">Enrolled devices that hold an older bundle.</param>
public sealed record FleetView(ulong TrustVersion, IReadOnlyList<FleetKeyView> SigningKeys, IReadOnlyList<FleetKeyView> Authorities, int DevicesBehind);
