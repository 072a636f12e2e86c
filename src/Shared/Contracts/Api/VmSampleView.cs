namespace MicroVm.Shared.Contracts.Api;

/// <summary>One look at one VM.</summary>
/// <param name="Name">VM name.</param>
/// <param name="CpuPermille">1,000 is one processor.</param>
/// <param name="ResidentBytes">Resident memory of the VMM, guest memory included.</param>
/// <param name="Phase">Phase by name.</param>
public sealed record VmSampleView(string Name, int CpuPermille, ulong ResidentBytes, string Phase);
