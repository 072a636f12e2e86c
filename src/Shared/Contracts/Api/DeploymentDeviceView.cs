namespace MicroVm.Shared.Contracts.Api;

/// <summary>How far a deployment is on one device.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Online">Whether it is connected now.</param>
/// <param name="Revision">Revision that the device runs; 0 when none.</param>
/// <param name="Phase">The VM's phase by name; <c>Pending</c> until the device has reported it.</param>
/// <param name="Message">Reason and message of the VM; empty when all is well.</param>
public sealed record DeploymentDeviceView(string Device, bool Online, int Revision, string Phase, string Message);
