using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>
/// A part of a deployment's devices, at most <see cref="MaxDevices"/>; the key is the deployment's name, <c>/</c> and a number
/// from 0. It keeps what is noted of them and calls them, so that nobody waits for all devices of a fleet one by one.
/// </summary>
internal interface IRolloutShardGrain : IGrainWithStringKey
{
    /// <summary>All its devices, each asked how it stands.</summary>
    Task<ImmutableArray<ShardDevice>> GetAsync();

    /// <summary>Notes first, durably, then tells the devices; a device that is not in it yet is taken in.</summary>
    /// <returns>The devices that orders were about, as they stand then; those that were removed too.</returns>
    Task<ImmutableArray<ShardDevice>> ApplyAsync(ImmutableArray<ShardOrder> orders);

    /// <summary>Most devices of a shard.</summary>
    const int MaxDevices = 1000;

    /// <summary>Key of a deployment's shard.</summary>
    static string KeyOf(string deployment, int shard) => $"{deployment}/{shard}";
}
