using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Devices;
using Orleans.Runtime;

namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <inheritdoc cref="IRolloutShardGrain"/>
internal sealed class RolloutShardGrain(
    [PersistentState(GrainStates.Shard, GrainStates.Provider)] IPersistentState<ShardState> storage) : Grain, IRolloutShardGrain
{
    /// <summary>Devices that are asked or told at a time.</summary>
    private const int Parallelism = 32;

    private string Deployment => this.GetPrimaryKeyString().Split('/')[0];

    /// <inheritdoc/>
    public Task<ImmutableArray<ShardDevice>> GetAsync() => ForEachAsync(
        storage.State.Devices, async device => new ShardDevice(await Grain(device.Key).GetStandingAsync(Deployment), device.Value));

    /// <inheritdoc/>
    public async Task<ImmutableArray<ShardDevice>> ApplyAsync(ImmutableArray<ShardOrder> orders)
    {
        await KeepAsync(storage.State.Devices.SetItems(orders.Select(order => KeyValuePair.Create(order.Device, order.Admission))));
        ImmutableArray<ShardDevice> devices = await ForEachAsync(orders, TellAsync);
        await KeepAsync(storage.State.Devices.RemoveRange(orders.Where(order => order.IsRemoved).Select(order => order.Device)));
        return devices;
    }

    private async Task<ShardDevice> TellAsync(ShardOrder order)
    {
        IDeviceGrain device = Grain(order.Device);
        DeviceStanding standing = order.IsRemoved ? await device.UnassignAsync(Deployment)
            : order.Assignment is not null ? await device.AssignAsync(Deployment, order.Assignment)
            : order.Prefetch is not null || order.EndsPrefetch ? await device.PrefetchAsync(Deployment, order.Prefetch)
            : await device.GetStandingAsync(Deployment);
        return new ShardDevice(standing, order.Admission);
    }

    private IDeviceGrain Grain(string device) => GrainFactory.GetGrain<IDeviceGrain>(device);

    private Task KeepAsync(ImmutableSortedDictionary<string, Admission?> devices) => devices.SequenceEqual(storage.State.Devices)
        ? Task.CompletedTask
        : storage.ReplaceAsync(new ShardState { Devices = devices });

    private static async Task<ImmutableArray<ShardDevice>> ForEachAsync<T>(IEnumerable<T> items, Func<T, Task<ShardDevice>> action)
    {
        var devices = ImmutableArray.CreateBuilder<ShardDevice>();
        foreach (T[] some in items.Chunk(Parallelism))
        {
            devices.AddRange(await Task.WhenAll(some.Select(action)));
        }

        return devices.ToImmutable();
    }
}
