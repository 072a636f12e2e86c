using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>What a shard keeps.</summary>
internal sealed record ShardState
{
    /// <summary>
    /// Every device of it that may have been told to run the deployment, with what is noted of it. Written before a device is
    /// told, so that none is forgotten when the process stops in between.
    /// </summary>
    public ImmutableSortedDictionary<string, Admission?> Devices { get; init; } =
        ImmutableSortedDictionary.Create<string, Admission?>(StringComparer.Ordinal);
}
