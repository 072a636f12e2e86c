using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Hosting;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Reporting;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Update;

/// <summary>Brings the device to the agent that it should run, one step of <see cref="UpdateDecisions"/> after the other.</summary>
internal sealed class UpdateService(
    UpdateOptions options,
    SlotDirectory slots,
    ReleaseStore releases,
    ReleaseUnpacker unpacker,
    ReleaseCheck check,
    DesiredIntake intake,
    PauseSwitch pause,
    UpdateSurroundings surroundings,
    EventLog events,
    TimeProvider time,
    ILogger logger)
{
    private readonly AsyncSignal _changed = new();
    private readonly long _began = time.GetTimestamp();
    private readonly ReleaseVersion _version = ReleaseVersion.TryParse(AgentVersion.Text, out ReleaseVersion version) ? version : ReleaseVersion.Parse("0.0.0");
    private readonly Lock _lock = new();
    private (Digest Digest, CancellationTokenSource Cancellation)? _fetching;
    private volatile AgentStatus _status = AgentStatus.None;
    private (Digest Digest, string Reason)? _givenUp;
    private bool _hasSwitched;
    private string _fault = "";
    private int _failures;

    /// <summary>Raised when the status changed.</summary>
    internal event Action? Changed;

    /// <summary>Raised when the process is to end so that another agent starts.</summary>
    internal event Action? RestartNeeded;

    /// <summary>How far the device is.</summary>
    internal AgentStatus Status => _status;

    /// <summary>Something that the next step depends on may have changed.</summary>
    internal void OnChanged()
    {
        lock (_lock)
        {
            if (_fetching is (Digest digest, CancellationTokenSource cancellation) && intake.Current.Agent?.Digest != digest)
            {
                cancellation.Cancel();
            }
        }

        _changed.Set();
    }

    /// <summary>How the device would stand if it were to run this from now on: <see cref="AgentPhase.Fetching"/> when it would need the artifact.</summary>
    internal AgentStatus Judge(AgentTarget target)
    {
        AgentStatus status = UpdateDecisions.Next(Look() with { Target = target, IsFetched = false }).Status;
        // The end of a trial of another one is waited for.
        return status.Digest == target.Digest ? status : new AgentStatus(AgentPhase.Fetching, target.Digest, target.Version.Value, "");
    }

    /// <summary>Updates for ever, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await StepAsync(cancellation);
        }
    }

    /// <summary>Looks, decides, and does one step, or waits until there may be one to do.</summary>
    internal async Task StepAsync(CancellationToken cancellation)
    {
        UpdateFacts facts = Look();
        UpdateDecision decision = UpdateDecisions.Next(facts);
        Say(decision.Status, facts);
        switch (decision.Step)
        {
            case UpdateStep.None:
                slots.DiscardStaging();
                // What is desired may be another one by now, whose artifact somebody has just brought.
                releases.Collect(() => intake.Current.Agent is AgentTarget now && (now != facts.Target || decision.Status.Phase == AgentPhase.Ready) ? now.Digest : null);
                _failures = 0;
                await _changed.WaitAsync(cancellation);
                break;
            case UpdateStep.Wait:
                await _changed.WaitAsync(decision.After, time, cancellation);
                break;
            case UpdateStep.Fetch:
                await SettleAsync(await FetchAsync(facts.Target!, cancellation), facts, cancellation);
                break;
            case UpdateStep.Prepare:
                await SettleAsync(await PrepareAsync(facts), facts, cancellation);
                break;
            case UpdateStep.Restart:
                Log.AgentGivesWay(logger, decision.Status.Version);
                RestartNeeded?.Invoke();
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
                break;
            default:
                Apply(decision, facts);
                break;
        }
    }

    private UpdateFacts Look()
    {
        AgentTarget? target = intake.Current.Agent;
        UpdateDiskState disk = slots.Read();
        return new UpdateFacts
        {
            Disk = disk.Trial is { Reason: "" } trial && _givenUp is (Digest digest, string reason) && digest == trial.Digest
                ? disk with { Trial = trial with { Reason = reason } }
                : disk,
            Target = target,
            RunningVersion = _version,
            IsFetched = target is not null && releases.Has(target.Digest),
            HasLauncher = surroundings.HasLauncher,
            LauncherFault = surroundings.LauncherFault,
            HasSwitched = _hasSwitched,
            IsHeld = pause.Text is not null,
            IsConnected = surroundings.IsConnected(),
            IsReconciling = surroundings.IsReconciling(),
            Uptime = time.GetElapsedTime(_began),
            Options = options,
        };
    }

    /// <summary>The steps that only change a few bytes of the disk.</summary>
    private void Apply(UpdateDecision decision, UpdateFacts facts)
    {
        UpdateDiskState disk = facts.Disk;
        switch (decision.Step)
        {
            case UpdateStep.Arm:
                _givenUp = null;
                slots.Arm(new UpdateTrial(disk.Running, disk.SpareSlot, facts.Target!.Version, facts.Target.Digest, facts.IsConnected));
                break;
            case UpdateStep.SwitchToCandidate:
                _hasSwitched = true;
                slots.Switch(disk.Trial!.Candidate);
                break;
            case UpdateStep.SwitchBack:
                slots.Switch(disk.Trial!.Previous);
                break;
            case UpdateStep.GiveUp:
                GiveUp(disk.Trial!, decision.Reason);
                break;
            case UpdateStep.Accept:
                slots.EndTrial();
                Log.AgentAccepted(logger, disk.Trial!.Version.Value);
                events.Add(null, isWarning: false, "AgentUpdated", $"agent {disk.Trial.Version} works and stays");
                break;
            case UpdateStep.RememberFailure:
                Remember(new FailedRelease(disk.Trial!.Version, disk.Trial.Digest, decision.Reason));
                break;
            case UpdateStep.DropTrial:
                slots.EndTrial();
                break;
            case UpdateStep.ForgetFailure:
                slots.ForgetFailure();
                break;
        }
    }

    /// <summary>What a full disk does not take holds for this process all the same: the way back needs no room.</summary>
    private void GiveUp(UpdateTrial trial, string reason)
    {
        Log.AgentGivesUp(logger, reason);
        _givenUp = (trial.Digest, reason);
        try
        {
            slots.GiveUp(trial, reason);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OsFaultException)
        {
            Log.AgentGivesUp(logger, $"{reason}; this cannot be written down: {e.Message}");
        }
    }

    private void Remember(FailedRelease failed)
    {
        slots.RememberFailure(failed);
        Log.AgentFailed(logger, failed.Version.Value, failed.Reason, _version.Value);
        events.Add(null, isWarning: true, "AgentUpdateFailed", $"agent {failed.Version}: {failed.Reason}; {_version} goes on, and it is not tried again");
    }

    private async Task<UpdateFault?> FetchAsync(AgentTarget target, CancellationToken cancellation)
    {
        using CancellationTokenSource mine = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        lock (_lock)
        {
            _fetching = (target.Digest, mine);
        }

        try
        {
            return await releases.FetchAsync(target, mine.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            lock (_lock)
            {
                _fetching = null;
            }
        }
    }

    private async Task<UpdateFault?> PrepareAsync(UpdateFacts facts)
    {
        AgentTarget target = facts.Target!;
        if (releases.Open(target) is not AgentManifest manifest)
        {
            // Signed with a key that has gone since, or not what the desired state means any more.
            File.Delete(releases.ManifestOf(target.Digest));
            return new UpdateFault("the manifest on the disk is not one that this device trusts");
        }

        AgentSlot slot = facts.Disk.SpareSlot;
        string staging = slots.StagingOf(slot);
        try
        {
            slots.Clear(slot);
            UpdateFault? fault = await unpacker.UnpackAsync(releases.ArtifactOf(target.Digest), manifest, staging) ?? await check.RunAsync(staging, target.Version);
            if (fault is null)
            {
                slots.Complete(slot, new SlotRelease(target.Version, target.Digest));
                Log.AgentPrepared(logger, target.Version.Value, SlotText.NameOf(slot));
            }

            return fault;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OsFaultException)
        {
            return new UpdateFault(e.Message);
        }
    }

    /// <summary>A fault of the release is remembered; any other is waited out.</summary>
    private async Task SettleAsync(UpdateFault? fault, UpdateFacts facts, CancellationToken cancellation)
    {
        if (fault is { IsFinal: true })
        {
            Remember(new FailedRelease(facts.Target!.Version, facts.Target.Digest, fault.Message));
            return;
        }

        _fault = fault?.Message ?? "";
        if (fault is not null)
        {
            Log.AgentNotFetched(logger, facts.Target!.Version.Value, fault.Message);
            Say(UpdateDecisions.Next(facts).Status, facts);
            await _changed.WaitAsync(BackOff.Delay(++_failures, Random.Shared.NextDouble()), time, cancellation);
        }
    }

    private void Say(AgentStatus status, UpdateFacts facts)
    {
        AgentStatus shown = status.Message.Length == 0 && status.Phase is AgentPhase.Fetching or AgentPhase.Ready ? status with { Message = _fault } : status;
        if (shown == _status)
        {
            return;
        }

        if (shown.Phase == AgentPhase.Refused && _status.Phase != AgentPhase.Refused)
        {
            events.Add(null, isWarning: true, "AgentUpdateRefused", $"agent {shown.Version}: {shown.Message}; {facts.RunningVersion} goes on");
        }

        _status = shown;
        Changed?.Invoke();
    }
}
