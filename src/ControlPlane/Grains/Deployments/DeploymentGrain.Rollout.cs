using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.ControlPlane.Grains.Rollouts;
using Orleans.Runtime;

namespace MicroVm.ControlPlane.Grains.Deployments;

/// <summary>
/// Carries a rollout out: looks at the devices, has it decided what to do, keeps that, has the shards do it. Whatever is cut
/// off in between is decided again at the next look.
/// </summary>
internal sealed partial class DeploymentGrain
{
    /// <summary>Looks in a row before others get a turn.</summary>
    private const int MaxSteps = 8;

    /// <summary>Devices that are asked at a time.</summary>
    private const int Parallelism = 32;

    /// <summary>Changes that come within this time are looked at together.</summary>
    private static readonly TimeSpan s_together = TimeSpan.FromMilliseconds(20), s_afterFault = TimeSpan.FromSeconds(5);

    private readonly Dictionary<int, int> _shardSizes = [];
    private IGrainTimer? _timer;

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _timer = this.RegisterGrainTimer(
            OnTimerAsync, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true });
        if (State.Exists && State.Rollout is null)
        {
            // From before rollouts: what was applied is on its way to every device.
            await storage.ReplaceAsync(State with { Rollout = RolloutDecisions.Begin(null, State.Revision, 0, time.GetUtcNow()) });
        }

        await GatherAsync();
        Schedule(s_together);
    }

    /// <inheritdoc/>
    public async Task DeviceChangedAsync(string device)
    {
        DeviceNote? before = _notes.GetValueOrDefault(device);
        DeviceStanding standing = await Grain(device).GetStandingAsync(Name);
        if (before is not null || IsSelected(standing))
        {
            DeviceNote after = await NoteAsync(standing);
            if (before is null || before.Standing != after.Standing || before.IsSelected != after.IsSelected)
            {
                Schedule(s_together);
                await TellWatchersAsync();
            }
        }
    }

    /// <inheritdoc/>
    public async Task TellAbsentAsync(string device)
    {
        if (State is not { Exists: true, Deleting: false, Rollout: { Phase: RolloutPhase.Complete, IsPaused: false } rollout })
        {
            return;
        }

        DeviceNote note = await NoteAsync(await Grain(device).GetStandingAsync(Name));
        if (note.IsSelected && !note.Standing.Online && note.Standing.AssignedRevision != rollout.Revision)
        {
            // Its note stays: it is admitted when it comes back, and has the revision already then.
            await CarryOutAsync([new ShardOrder(device, note.Rollout.Admission, State.AssignmentOf(rollout.Revision), false)]);
            await TellWatchersAsync();
        }
    }

    /// <inheritdoc/>
    public async Task ReconcileAsync()
    {
        if (State.Deleting)
        {
            await FinishDeletingAsync();
        }
        else if (State.Spec is DeploymentSpec spec)
        {
            await deployments.PutAsync(new DeploymentEntry(Name, spec.Workload.VmName, spec.Selector, false));
            await LookEverywhereAsync();
        }
        else
        {
            await deployments.RemoveAsync(Name);
        }
    }

    private void Schedule(TimeSpan due) => _timer?.Change(due, Timeout.InfiniteTimeSpan);

    private async Task OnTimerAsync()
    {
        try
        {
            await StepAsync();
        }
        catch (Exception e)
        {
            DeploymentLog.StepFailed(logger, Name, e.Message);
            Schedule(s_afterFault);
        }
    }

    /// <summary>Asks every device that is known or selected how it stands, then goes on.</summary>
    private async Task LookEverywhereAsync()
    {
        await GatherAsync();
        await StepAsync();
        await TellWatchersAsync();
    }

    /// <summary>Has the shards ask their devices, then asks those that are in none yet.</summary>
    private async Task GatherAsync()
    {
        HashSet<string> asked = await LoadAsync();
        IEnumerable<string> selected = State.Exists ? await devices.FindAsync(State.Spec!.Selector) : [];
        foreach (DeviceStanding standing in await AskAsync([.. selected.Union(_notes.Keys).Except(asked)]))
        {
            await NoteAsync(standing);
        }
    }

    private async Task<List<DeviceStanding>> AskAsync(IReadOnlyList<string> ids)
    {
        List<DeviceStanding> standings = [];
        foreach (string[] some in ids.Chunk(Parallelism))
        {
            standings.AddRange(await Task.WhenAll(some.Select(device => Grain(device).GetStandingAsync(Name))));
        }

        return standings;
    }

    private async Task<HashSet<string>> LoadAsync()
    {
        if (!State.Targets.IsEmpty)
        {
            await MoveToShardsAsync();
        }

        ImmutableArray<ShardDevice>[] shards = await Task.WhenAll(Enumerable.Range(0, State.ShardCount).Select(shard => Shard(shard).GetAsync()));
        foreach ((int shard, ImmutableArray<ShardDevice> members) in shards.Index())
        {
            foreach (ShardDevice device in members)
            {
                Note(device, shard);
            }
        }

        return [.. shards.SelectMany(members => members).Select(device => device.Standing.Device)];
    }

    private async Task MoveToShardsAsync()
    {
        string[][] parts = [.. State.Targets.Chunk(IRolloutShardGrain.MaxDevices)];
        for (int i = 0; i < parts.Length; i++)
        {
            await Shard(i).ApplyAsync([.. parts[i].Select(device => new ShardOrder(device, null, null, false))]);
        }

        await storage.ReplaceAsync(State with { Targets = [], ShardCount = parts.Length });
    }

    /// <summary>Decides and carries out until nothing is left to do now.</summary>
    private async Task StepAsync()
    {
        for (int i = 0; i < MaxSteps; i++)
        {
            if (State is not { Exists: true, Rollout: RolloutState rollout })
            {
                Schedule(Timeout.InfiniteTimeSpan);
                return;
            }

            RolloutDevice[] selected = await SelectAsync(rollout);
            RolloutDecision decision = RolloutDecisions.Next(rollout, State.Spec!.Strategy, selected, time.GetUtcNow());
            bool changed = decision.State != rollout || decision.Counts != _counts;
            _counts = decision.Counts;
            if (decision.State != rollout)
            {
                await KeepAsync(decision.State);
                DeploymentLog.Moved(logger, Name, rollout.Revision, decision.State.Phase, decision.State.Wave + 1, decision.State.Reason);
            }

            ShardOrder[] orders = [.. decision.Orders.Select(Translate).OfType<ShardOrder>(), .. Leavers()];
            await CarryOutAsync(orders);
            if (changed || orders.Length > 0)
            {
                await TellWatchersAsync();
            }

            if (orders.Length == 0 && decision.State == rollout)
            {
                Schedule(decision.LookAgain ?? Timeout.InfiniteTimeSpan);
                return;
            }
        }

        Schedule(s_together);
    }

    /// <summary>An order as a shard takes it; null when nothing comes of it.</summary>
    private ShardOrder? Translate(RolloutOrder order)
    {
        Assignment? assignment = order.Revision == 0 ? null : State.AssignmentOf(order.Revision);
        Assignment? prefetch = order.Prefetch == true ? State.AssignmentOf(State.Rollout!.Revision) : null;
        return assignment is null && order.Prefetch is null && order.Admission == _notes[order.Device].Rollout.Admission
            ? null
            : new ShardOrder(order.Device, order.Admission, assignment, false, prefetch, order.Prefetch == false);
    }

    /// <summary>Devices that the selector does not match any more.</summary>
    private IEnumerable<ShardOrder> Leavers() =>
        _notes.Values.Where(note => !note.IsSelected).Select(note => new ShardOrder(note.Standing.Device, null, null, true));

    private async Task CarryOutAsync(IReadOnlyCollection<ShardOrder> orders)
    {
        IEnumerable<Task> calls = orders.GroupBy(order => _notes[order.Device].Shard).Select(async some =>
        {
            foreach (ShardDevice device in await Shard(some.Key).ApplyAsync([.. some]))
            {
                Note(device, some.Key);
            }

            foreach (ShardOrder order in some)
            {
                DeploymentLog.Ordered(logger, Name, order.Device, order.Assignment?.Revision ?? 0, order.IsRemoved);
                if (order.IsRemoved && _notes.Remove(order.Device))
                {
                    _shardSizes[some.Key]--;
                }
            }
        });
        await Task.WhenAll([.. calls]);
    }

    /// <summary>The selected devices as the rollout sees them, with what they wrote to standard error where that matters.</summary>
    private async Task<RolloutDevice[]> SelectAsync(RolloutState rollout)
    {
        RolloutDevice[] selected = [.. _notes.Values.Where(note => note.IsSelected).Select(note => note.Rollout)];
        if (!rollout.IsActive || State.Spec!.Strategy?.Gate.MaxErrorLines is not int most)
        {
            return selected;
        }

        Dictionary<string, DateTimeOffset> since = selected
            .Where(device => device.Admission is { FailedAt: null } noted && noted.Attempt == rollout.Attempt)
            .ToDictionary(device => device.Device, device => device.Admission!.Since);
        IReadOnlyDictionary<string, int> lines = await errors.CountAsync(State.Spec.Workload.VmName, since, most + 1);
        return [.. selected.Select(device => device with { ErrorLines = lines.GetValueOrDefault(device.Device) })];
    }

    private async Task FinishDeletingAsync()
    {
        await LoadAsync();
        await CarryOutAsync([.. _notes.Keys.Select(device => new ShardOrder(device, null, null, true))]);
        DeploymentLog.Deleted(logger, Name, _notes.Count);
        await deployments.RemoveAsync(Name);
        await storage.ReplaceAsync(new DeploymentState());
        _notes.Clear();
        _shardSizes.Clear();
        Schedule(Timeout.InfiniteTimeSpan);
        await TellWatchersAsync();
    }

    private bool IsSelected(DeviceStanding standing) => State.Exists && !standing.Labels.IsEmpty && State.Spec!.Selector.Matches(standing.Labels);

    /// <summary>Remembers how a device stands; one that is new is taken into a shard, which is durable before it is told anything.</summary>
    private async Task<DeviceNote> NoteAsync(DeviceStanding standing)
    {
        if (_notes.TryGetValue(standing.Device, out DeviceNote? known))
        {
            return Note(new ShardDevice(standing, known.Rollout.Admission), known.Shard);
        }

        int shard = 0;
        while (shard < State.ShardCount && _shardSizes.GetValueOrDefault(shard) >= IRolloutShardGrain.MaxDevices)
        {
            shard++;
        }

        if (shard == State.ShardCount)
        {
            await storage.ReplaceAsync(State with { ShardCount = shard + 1 });
        }

        return Note(new ShardDevice(standing, null), shard);
    }

    private DeviceNote Note(ShardDevice device, int shard)
    {
        if (!_notes.ContainsKey(device.Standing.Device))
        {
            _shardSizes[shard] = _shardSizes.GetValueOrDefault(shard) + 1;
        }

        return _notes[device.Standing.Device] = new DeviceNote(
            shard,
            IsSelected(device.Standing),
            RolloutDevices.Of(device.Standing, State.Spec, State.Rollout?.Revision ?? 0, device.Admission),
            device.Standing with { Labels = ImmutableSortedDictionary<string, string>.Empty });
    }

    private IRolloutShardGrain Shard(int shard) => GrainFactory.GetGrain<IRolloutShardGrain>(IRolloutShardGrain.KeyOf(Name, shard));
}
