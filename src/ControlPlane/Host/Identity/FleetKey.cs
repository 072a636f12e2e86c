namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>One key of the fleet, as its place in time.</summary>
/// <param name="Name">Name in the vault.</param>
/// <param name="Since">First version of the trust bundle that has it.</param>
internal sealed record FleetKey(string Name, ulong Since);
