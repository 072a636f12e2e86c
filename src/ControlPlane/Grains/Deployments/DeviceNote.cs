using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Grains.Rollouts;

namespace MicroVm.ControlPlane.Grains.Deployments;

/// <summary>A device in a deployment's memory; all of it can be asked for again.</summary>
/// <param name="Shard">The shard that keeps it.</param>
/// <param name="IsSelected">Whether the selector matches it.</param>
/// <param name="Rollout">How a rollout sees it.</param>
/// <param name="Standing">How the deployment stands on it, without its labels: a thousand copies are not worth their memory.</param>
internal sealed record DeviceNote(int Shard, bool IsSelected, RolloutDevice Rollout, DeviceStanding Standing);
