using System.Collections.Immutable;
using System.Text.Json;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.Shared.Contracts.Api;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Utilities;

namespace MicroVm.ControlPlane.Grains.Deployments;

/// <inheritdoc cref="IDeploymentGrain"/>
internal sealed class DeploymentGrain(
    [PersistentState(GrainStates.Deployment, GrainStates.Provider)] IPersistentState<DeploymentState> storage,
    IDeviceDirectory devices,
    IDeploymentDirectory deployments,
    TimeProvider time,
    ILogger<DeploymentGrain> logger) : Grain, IDeploymentGrain
{
    /// <summary>Devices that are asked or told at a time.</summary>
    private const int Parallelism = 32;

    private readonly Dictionary<string, DeviceStanding> _standings = new(StringComparer.Ordinal);
    private readonly ObserverManager<IDeploymentWatcher> _watchers =
        new(TimeSpan.FromSeconds(IDeploymentGrain.WatchLeaseSeconds), logger);

    private string Name => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken) =>
        ForEachDeviceAsync(storage.State.Targets, AskAsync);

    public async Task<ApplyOutcome> ApplyAsync(DeploymentSpec spec, string? expectedETag)
    {
        if (storage.State.Deleting)
        {
            await FinishDeletingAsync();
        }

        ApplyAction action = DeploymentDecisions.Apply(storage.State, spec, expectedETag);
        if (action is ApplyAction.Created or ApplyAction.Updated)
        {
            // The directory first: a device that registers from here on finds the deployment by itself.
            await deployments.PutAsync(new DeploymentEntry(Name, spec.Workload.VmName, spec.Selector, false));
            await storage.ReplaceAsync(storage.State with
            {
                Spec = spec,
                Incarnation = action == ApplyAction.Created ? Guid.NewGuid() : storage.State.Incarnation,
                Revision = storage.State.Revision + 1,
                UpdatedAt = time.GetUtcNow(),
            });
        }

        if (action != ApplyAction.Stale)
        {
            await PlaceEverywhereAsync();
            DeploymentLog.Applied(logger, Name, action, storage.State.Revision, AssignedDevices.Length);
        }

        return Outcome(action);
    }

    public Task<ApplyOutcome> PreviewAsync(DeploymentSpec spec)
    {
        ApplyAction action = DeploymentDecisions.Apply(storage.State, spec, null);
        int raise = action is ApplyAction.Created or ApplyAction.Updated ? 1 : 0;
        return Task.FromResult(Outcome(action) with { Revision = storage.State.Revision + raise });
    }

    public async Task<ApplyOutcome> DeleteAsync(string? expectedETag)
    {
        ApplyAction action = DeploymentDecisions.Delete(storage.State, expectedETag);
        if (action == ApplyAction.Deleted)
        {
            DeploymentSpec spec = storage.State.Spec!;
            await storage.ReplaceAsync(storage.State with { Deleting = true });
            await deployments.PutAsync(new DeploymentEntry(Name, spec.Workload.VmName, spec.Selector, true));
            await FinishDeletingAsync();
        }

        return Outcome(action);
    }

    public Task<DeploymentSnapshot?> GetAsync()
    {
        DeploymentState state = storage.State;
        if (!state.Exists)
        {
            return Task.FromResult<DeploymentSnapshot?>(null);
        }

        Rollup status = DeploymentDecisions.RollUp(state.Revision, _standings.Values);
        using JsonDocument spec = JsonDocument.Parse(state.Spec!.SpecJson);
        DeploymentView view = new(
            Name,
            state.Revision,
            spec.RootElement.Clone(),
            status.State,
            status.Targeted,
            status.Updated,
            status.Ready,
            status.Failed,
            state.UpdatedAt,
            status.Devices);
        return Task.FromResult<DeploymentSnapshot?>(new DeploymentSnapshot(view, state.ETag));
    }

    public async Task DeviceChangedAsync(string device)
    {
        DeviceStanding? before = _standings.GetValueOrDefault(device);
        await PlaceAsync(device);
        if (before != _standings.GetValueOrDefault(device))
        {
            await TellWatchersAsync();
        }
    }

    public async Task ReconcileAsync()
    {
        if (storage.State.Deleting)
        {
            await FinishDeletingAsync();
        }
        else if (storage.State.Spec is DeploymentSpec spec)
        {
            await deployments.PutAsync(new DeploymentEntry(Name, spec.Workload.VmName, spec.Selector, false));
            await PlaceEverywhereAsync();
        }
        else
        {
            await deployments.RemoveAsync(Name);
        }
    }

    public Task WatchAsync(IDeploymentWatcher watcher)
    {
        _watchers.Subscribe(watcher, watcher);
        return Task.CompletedTask;
    }

    public Task UnwatchAsync(IDeploymentWatcher watcher)
    {
        _watchers.Unsubscribe(watcher);
        return Task.CompletedTask;
    }

    private ImmutableArray<string> AssignedDevices =>
        [.. _standings.Values.Where(s => s.AssignedRevision > 0).Select(s => s.Device).Order(StringComparer.Ordinal)];

    private ApplyOutcome Outcome(ApplyAction action) => new(action, storage.State.Revision, AssignedDevices, storage.State.ETag);

    private async Task PlaceEverywhereAsync()
    {
        IReadOnlyList<string> selected = await devices.FindAsync(storage.State.Spec!.Selector);
        await TargetAsync(storage.State.Targets.Union(selected));
        await ForEachDeviceAsync(storage.State.Targets, PlaceAsync);
        await TargetAsync([.. AssignedDevices]);
        await TellWatchersAsync();
    }

    private async Task FinishDeletingAsync()
    {
        await ForEachDeviceAsync(storage.State.Targets, PlaceAsync);
        DeploymentLog.Deleted(logger, Name, storage.State.Targets.Count);
        await deployments.RemoveAsync(Name);
        await storage.ReplaceAsync(new DeploymentState());
        _standings.Clear();
        await TellWatchersAsync();
    }

    /// <summary>Asks a device how it stands and tells it what it has to be told.</summary>
    private async Task PlaceAsync(string device)
    {
        IDeviceGrain grain = GrainFactory.GetGrain<IDeviceGrain>(device);
        DeviceStanding standing = await grain.GetStandingAsync(Name);
        Placement placement = DeploymentDecisions.Place(storage.State, standing);
        if (placement == Placement.Assign)
        {
            await TargetAsync(storage.State.Targets.Add(device));
            DeploymentSpec spec = storage.State.Spec!;
            standing = await grain.AssignAsync(Name, new Assignment(storage.State.Revision, spec.Workload) { Variants = spec.Variants });
        }
        else if (placement == Placement.Unassign)
        {
            standing = await grain.UnassignAsync(Name);
        }

        if (placement != Placement.Keep)
        {
            DeploymentLog.Placed(logger, Name, device, placement);
        }

        Remember(standing);
    }

    private async Task AskAsync(string device) =>
        Remember(await GrainFactory.GetGrain<IDeviceGrain>(device).GetStandingAsync(Name));

    private void Remember(DeviceStanding standing)
    {
        if (standing.AssignedRevision > 0)
        {
            // Labels are only needed for placing; a thousand copies of them are not worth their memory.
            _standings[standing.Device] = standing with { Labels = ImmutableSortedDictionary<string, string>.Empty };
        }
        else
        {
            _standings.Remove(standing.Device);
        }
    }

    private Task TargetAsync(ImmutableSortedSet<string> targets) => targets.SetEquals(storage.State.Targets)
        ? Task.CompletedTask
        : storage.ReplaceAsync(storage.State with { Targets = targets });

    private Task TellWatchersAsync() => _watchers.Notify(watcher => watcher.ChangedAsync());

    private static async Task ForEachDeviceAsync(IEnumerable<string> devices, Func<string, Task> action)
    {
        foreach (string[] some in devices.Chunk(Parallelism))
        {
            await Task.WhenAll(some.Select(action));
        }
    }
}
