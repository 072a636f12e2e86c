using System.Collections.Immutable;
using System.Text.Json;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Abstractions.Events;
using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.ControlPlane.Grains.Rollouts;
using MicroVm.Shared.Contracts.Api;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Utilities;

namespace MicroVm.ControlPlane.Grains.Deployments;

/// <inheritdoc cref="IDeploymentGrain"/>
internal sealed partial class DeploymentGrain(
    [PersistentState(GrainStates.Deployment, GrainStates.Provider)] IPersistentState<DeploymentState> storage,
    IDeviceDirectory devices,
    IDeploymentDirectory deployments,
    IWorkloadErrors errors,
    IEventLog events,
    TimeProvider time,
    ILogger<DeploymentGrain> logger) : Grain, IDeploymentGrain
{
    private readonly Dictionary<string, DeviceNote> _notes = new(StringComparer.Ordinal);
    private readonly ObserverManager<IDeploymentWatcher> _watchers =
        new(TimeSpan.FromSeconds(IDeploymentGrain.WatchLeaseSeconds), logger);

    private RolloutCounts _counts;

    private string Name => this.GetPrimaryKeyString();

    private DeploymentState State => storage.State;

    /// <inheritdoc/>
    public async Task<ApplyOutcome> ApplyAsync(DeploymentSpec spec, string? expectedETag)
    {
        if (State.Deleting)
        {
            await FinishDeletingAsync();
        }

        ApplyAction action = DeploymentDecisions.Apply(State, spec, expectedETag);
        if (action is ApplyAction.Created or ApplyAction.Updated)
        {
            // The directory first: a device that registers from here on finds the deployment by itself.
            await deployments.PutAsync(new DeploymentEntry(Name, spec.Workload.VmName, spec.Selector, false));
            int revision = State.Revision + 1;
            RolloutState? before = State.Rollout;
            await storage.ReplaceAsync(State with
            {
                Spec = spec,
                Incarnation = action == ApplyAction.Created ? Guid.NewGuid() : State.Incarnation,
                Revision = revision,
                UpdatedAt = time.GetUtcNow(),
                Rollout = RolloutDecisions.Begin(State.Rollout, revision, State.Good.LastOrDefault()?.Revision ?? 0, time.GetUtcNow()),
            });
            Tell(before, State.Rollout!);
        }

        if (action != ApplyAction.Stale)
        {
            await LookEverywhereAsync();
            DeploymentLog.Applied(logger, Name, action, State.Revision, Selected.Length);
        }

        return Outcome(action);
    }

    /// <inheritdoc/>
    public async Task<ApplyOutcome> PreviewAsync(DeploymentSpec spec)
    {
        ApplyAction action = DeploymentDecisions.Apply(State, spec, null);
        bool changes = action is ApplyAction.Created or ApplyAction.Updated;
        int revision = State.Revision + (changes ? 1 : 0);
        IReadOnlyList<string> selected = await devices.FindAsync(spec.Selector);
        List<DeviceStanding> standings = await AskAsync(selected);
        IEnumerable<RolloutDevice> removed = _notes.Values.Where(note => note.Standing.AssignedRevision > 0)
            .Select(note => note.Rollout).ExceptBy(selected, device => device.Device);
        return Outcome(action) with
        {
            Revision = revision,
            Devices = [.. selected],
            SpecBefore = State.Exists ? State.Spec!.SpecJson : null,
            Plan = [.. PreviewDecisions.Plan(
                spec.Strategy, revision, changes, standings.Select(standing => RolloutDevices.Of(standing, spec, revision, null)), removed)],
        };
    }

    /// <inheritdoc/>
    public async Task<ApplyOutcome> DeleteAsync(string? expectedETag)
    {
        ApplyAction action = DeploymentDecisions.Delete(State, expectedETag);
        if (action == ApplyAction.Deleted)
        {
            DeploymentSpec spec = State.Spec!;
            await storage.ReplaceAsync(State with { Deleting = true });
            await deployments.PutAsync(new DeploymentEntry(Name, spec.Workload.VmName, spec.Selector, true));
            await FinishDeletingAsync();
        }

        return Outcome(action);
    }

    /// <inheritdoc/>
    public async Task<VerbOutcome> CommandAsync(RolloutVerb verb)
    {
        if (!State.Exists || State.Rollout is not RolloutState rollout)
        {
            return new VerbOutcome(false, "");
        }

        int previous = State.Good.LastOrDefault(good => good.Revision < rollout.Revision)?.Revision ?? 0;
        RolloutState next = VerbDecisions.Apply(rollout, State.Spec!.Strategy, verb, previous, time.GetUtcNow(), out string refusal);
        if (next != rollout)
        {
            await KeepAsync(next);
            DeploymentLog.Commanded(logger, Name, verb, rollout.Revision);
            await StepAsync();
            await TellWatchersAsync();
        }

        return new VerbOutcome(true, refusal);
    }

    /// <inheritdoc/>
    public async Task SecretChangedAsync(string secret)
    {
        if (!DeploymentDecisions.Uses(State, secret))
        {
            return;
        }

        foreach (string[] some in _notes.Keys.ToArray().Chunk(Parallelism))
        {
            await Task.WhenAll(some.Select(device => Grain(device).SecretsChangedAsync()));
        }
    }

    /// <inheritdoc/>
    public Task<DeploymentSnapshot?> GetAsync()
    {
        if (!State.Exists)
        {
            return Task.FromResult<DeploymentSnapshot?>(null);
        }

        RolloutState? rollout = State.Rollout;
        RolloutStrategy? strategy = State.Spec!.Strategy;
        Rollup status = DeploymentDecisions.RollUp(
            rollout?.Effective ?? State.Revision,
            _notes.Values.Where(note => note.Standing.AssignedRevision > 0 || note.IsSelected).Select(note => note.Standing));
        using JsonDocument spec = JsonDocument.Parse(State.Spec.SpecJson);
        DeploymentView view = new(
            Name,
            State.Revision,
            spec.RootElement.Clone(),
            DeploymentDecisions.StateOf(rollout, strategy is not null, status.State),
            status.Targeted,
            status.Updated,
            status.Ready,
            status.Failed,
            State.UpdatedAt,
            status.Devices)
        {
            Rollout = rollout is null ? null : RolloutViews.Of(rollout, strategy, _counts),
        };
        return Task.FromResult<DeploymentSnapshot?>(new DeploymentSnapshot(view, State.ETag));
    }

    /// <inheritdoc/>
    public Task WatchAsync(IDeploymentWatcher watcher)
    {
        _watchers.Subscribe(watcher, watcher);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task UnwatchAsync(IDeploymentWatcher watcher)
    {
        _watchers.Unsubscribe(watcher);
        return Task.CompletedTask;
    }

    private ImmutableArray<string> Selected =>
        [.. _notes.Values.Where(note => note.IsSelected).Select(note => note.Standing.Device).Order(StringComparer.Ordinal)];

    private ApplyOutcome Outcome(ApplyAction action) => new(action, State.Revision, Selected, State.ETag);

    private IDeviceGrain Grain(string device) => GrainFactory.GetGrain<IDeviceGrain>(device);

    private async Task KeepAsync(RolloutState rollout)
    {
        RolloutState? before = State.Rollout;
        await storage.ReplaceAsync(State with { Rollout = rollout, Good = DeploymentDecisions.Good(State, rollout) });
        Tell(before, rollout);
    }

    private void Tell(RolloutState? before, RolloutState after)
    {
        if (RolloutEvents.Between(Name, before, after) is FleetEvent happened)
        {
            events.Add(happened);
        }
    }

    private Task TellWatchersAsync() => _watchers.Notify(watcher => watcher.ChangedAsync());
}
