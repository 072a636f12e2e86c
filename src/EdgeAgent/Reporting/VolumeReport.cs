using MicroVm.EdgeAgent.Volumes;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Reporting;

/// <summary>What is reported of volumes.</summary>
internal static class VolumeReport
{
    /// <summary>One status per volume, in their order; of very many the first.</summary>
    internal static IReadOnlyList<VolumeStatus> Build(DesiredState desired, IReadOnlyList<VolumeFile> files) =>
    [
        .. files.Take(VolumeStatus.Most).Select(file => new VolumeStatus(file.Vm, file.Name, file.SizeBytes, file.AllocatedBytes, IsDesired(desired, file))),
    ];

    /// <summary>True when the two tell the control plane the same: what volumes take of the disk changes all the time.</summary>
    internal static bool AreSame(IReadOnlyList<VolumeStatus> one, IReadOnlyList<VolumeStatus> other)
    {
        for (int i = 0; i < one.Count && one.Count == other.Count; i++)
        {
            if (!one[i].IsSameAs(other[i]))
            {
                return false;
            }
        }

        return one.Count == other.Count;
    }

    /// <summary>A VM of the desired state has it.</summary>
    internal static bool IsDesired(DesiredState desired, VolumeFile file) =>
        desired.Vms.Any(spec => spec.Name == file.Vm && spec.Volumes.Any(volume => volume.Name == file.Name));
}
