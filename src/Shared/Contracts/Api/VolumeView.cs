namespace MicroVm.Shared.Contracts.Api;

/// <summary>A volume on a device, as the device reported it last.</summary>
/// <param name="Vm">The VM that it belongs to, whether the device still has it or not.</param>
/// <param name="Name">Its name.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="AllocatedBytes">What it took of the disk then.</param>
/// <param name="Desired">A VM that the device should run has it; what is not so was left over.</param>
public sealed record VolumeView(string Vm, string Name, ulong SizeBytes, ulong AllocatedBytes, bool Desired);
