using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Volumes;

/// <summary>One volume on the device's disk.</summary>
/// <param name="Vm">The VM that it belongs to, whether the device still has it or not.</param>
/// <param name="Name">Its name.</param>
/// <param name="Path">Its file.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="AllocatedBytes">What it takes of the disk.</param>
internal sealed record VolumeFile(ResourceName Vm, ResourceName Name, string Path, ulong SizeBytes, ulong AllocatedBytes)
{
    /// <summary>What it may still take of the disk.</summary>
    internal ulong PromisedBytes => SizeBytes > AllocatedBytes ? SizeBytes - AllocatedBytes : 0;
}
