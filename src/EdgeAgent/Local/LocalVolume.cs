using MicroVm.EdgeAgent.Volumes;

namespace MicroVm.EdgeAgent.Local;

/// <summary>A volume as somebody on the device sees it.</summary>
/// <param name="File">The volume.</param>
/// <param name="IsDesired">A desired VM has it; what is not so was left over and may be deleted.</param>
internal sealed record LocalVolume(VolumeFile File, bool IsDesired);
