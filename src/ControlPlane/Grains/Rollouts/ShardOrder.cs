using MicroVm.ControlPlane.Abstractions.Deployments;

namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>What a shard has to do about one of its devices.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Admission">What is to be noted of it from now on.</param>
/// <param name="Assignment">What it is to be told to run; null for nothing new.</param>
/// <param name="IsRemoved">Whether it is to be told to run nothing of the deployment and to be forgotten.</param>
/// <param name="Prefetch">What it is to fetch the image of; null for nothing new.</param>
/// <param name="EndsPrefetch">Whether it is not to fetch ahead any more.</param>
[GenerateSerializer]
[Immutable]
internal sealed record ShardOrder(
    [property: Id(0)] string Device,
    [property: Id(1)] Admission? Admission,
    [property: Id(2)] Assignment? Assignment,
    [property: Id(3)] bool IsRemoved,
    [property: Id(4)] Assignment? Prefetch = null,
    [property: Id(5)] bool EndsPrefetch = false);
