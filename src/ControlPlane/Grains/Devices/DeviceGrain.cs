using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Abstractions.Events;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Abstractions.Secrets;
using MicroVm.ControlPlane.Grains.Agents;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <inheritdoc cref="IDeviceGrain"/>
internal sealed partial class DeviceGrain(
    [PersistentState(GrainStates.Desired, GrainStates.Provider)] IPersistentState<DeviceDesiredState> desired,
    [PersistentState(GrainStates.Reported, GrainStates.Provider)] IPersistentState<DeviceReportedState> reported,
    IDeviceDirectory devices,
    IDeploymentDirectory deployments,
    IFleetSigner signer,
    IDeviceIdentities identities,
    ISecretSealer secrets,
    IEventLog events,
    TimeProvider time,
    ILogger<DeviceGrain> logger) : Grain, IDeviceGrain
{
    private DesiredDocument _document = DesiredDocument.Empty;
    private ImmutableSortedDictionary<string, string> _refusals = ImmutableSortedDictionary<string, string>.Empty;
    private Hello? _hello;
    private ReportedState? _report;

    /// <summary>Where the device is connected; null while it is offline. Not kept: a new process has no connections.</summary>
    private GatewayLink? _link;

    /// <summary>Lowest connection whose hello is still news, so that a late message of an older or ended one changes nothing.</summary>
    private long _newestConnection;

    /// <summary>What the device is known to hold: what its newest hello said, or a later generation that it reported on.</summary>
    private ulong _heldGeneration;
    private string _toldHeld = "";
    private Digest _heldDigest;

    private string Device => this.GetPrimaryKeyString();

    private ImmutableSortedDictionary<string, string> Labels => _hello is null
        ? ImmutableSortedDictionary<string, string>.Empty
        : DeviceDecisions.MergeLabels(Device, _hello, desired.State.OperatorLabels);

    private string Architecture => _hello?.Architecture ?? "";

    private HoldVerdict Verdict => DeviceDecisions.Compare(_document, _heldGeneration, _heldDigest);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _document = desired.State.ToDocument();
        try
        {
            _hello = reported.State.Hello is byte[] hello ? Hello.Decode(hello) : null;
            _report = reported.State.Report is byte[] report ? ReportedState.Decode(report) : null;
        }
        catch (WireFormatException e)
        {
            DeviceLog.Unreadable(logger, Device, e.Message);
        }

        _refusals = DeviceDecisions.Compose(_document, desired.State, Architecture).Refusals;
        (_heldGeneration, _heldDigest) = (_hello?.HeldGeneration ?? 0, _hello?.HeldDigest ?? default);

        return Task.CompletedTask;
    }

    public async Task HelloAsync(GatewayLink link, Hello hello)
    {
        if (link.Connection < _newestConnection)
        {
            DeviceLog.Dropped(logger, Device, "hello", UplinkVerdict.Stale, hello.Header.Sequence);
            return;
        }

        bool first = _hello is null;
        string before = Architecture;
        await KeepAsync(hello);
        bool isOther = before != Architecture && !(desired.State.Assignments.IsEmpty && desired.State.Prefetches.IsEmpty && desired.State.Agent is null);
        if (isOther || HasStaleSecrets())
        {
            // A first hello, or the device's disk is in another machine: its images are other ones. Or it has another key, or
            // nobody told this grain of a secret's new version.
            await ComposeAsync(desired.State);
        }

        await devices.PutAsync(Device, Labels);
        _newestConnection = link.Connection;
        _link = link;
        // A connected device may be silent here for hours: its telemetry does not pass through the grain.
        DelayDeactivation(TimeSpan.MaxValue);
        if (first)
        {
            DeviceLog.Registered(logger, Device, hello.Architecture, hello.AgentVersion);
        }

        DeviceLog.Online(logger, Device, hello.HeldGeneration, _document.Generation);
        events.Add(DeviceEvents.Connected(Device, hello, first));
        await SendIfOlderAsync();
        TellDeployments();
    }

    public async Task EnrolledAsync(ImmutableSortedDictionary<string, string> labels)
    {
        ImmutableSortedDictionary<string, string> merged = labels.SetItems(desired.State.OperatorLabels);
        if (merged.Count == desired.State.OperatorLabels.Count)
        {
            return;
        }

        await desired.ReplaceAsync(desired.State with { OperatorLabels = merged, LabelsVersion = desired.State.LabelsVersion + 1 });
        if (_hello is not null)
        {
            await devices.PutAsync(Device, Labels);
            TellDeployments();
        }
    }

    public async Task ForgetAsync()
    {
        IReadOnlyList<string> concerned = DeviceDecisions.Concerned(Labels, desired.State.Assignments.Keys, deployments.List());
        _link = null;
        await devices.RemoveAsync(Device);
        await ChangeAsync(new DeviceDesiredState
        {
            Generation = desired.State.Generation,
            Document = desired.State.Document,
            NextOrder = desired.State.NextOrder,
            LabelsVersion = desired.State.LabelsVersion + 1,
        });
        await reported.ReplaceAsync(new DeviceReportedState { Window = reported.State.Window });
        (_hello, _report) = (null, null);
        (_heldGeneration, _heldDigest) = (0, default);
        Tell(concerned);
    }

    public async Task SubscribedAsync(long connection)
    {
        if (_link?.Connection == connection)
        {
            await SendIfOlderAsync();
        }
    }

    public async Task<UplinkVerdict> ReportedAsync(ReportedState report)
    {
        UplinkWindow? window = reported.State.Window.Take(report.Header);
        UplinkVerdict verdict = _hello is null ? UplinkVerdict.Unregistered
            : window is null ? UplinkVerdict.Stale
            : UplinkVerdict.Accepted;
        if (verdict != UplinkVerdict.Accepted)
        {
            DeviceLog.Dropped(logger, Device, "report", verdict, report.Header.Sequence);
            return verdict;
        }

        await reported.ReplaceAsync(reported.State with { Report = report.Encode(), Window = window!, LastSeen = time.GetUtcNow() });
        if (DeviceEvents.Refused(Device, _report, report) is FleetEvent refused)
        {
            events.Add(refused);
        }

        _report = report;
        if (report.ObservedGeneration > _heldGeneration)
        {
            (_heldGeneration, _heldDigest) = (report.ObservedGeneration, _document.Digest);
        }

        TellDeployments();
        return UplinkVerdict.Accepted;
    }

    public Task DisconnectedAsync(long connection)
    {
        _newestConnection = Math.Max(_newestConnection, connection + 1);
        if (_link?.Connection == connection)
        {
            _link = null;
            DelayDeactivation(TimeSpan.FromMinutes(-1));
            DeviceLog.Offline(logger, Device);
            events.Add(DeviceEvents.Disconnected(Device));
            TellDeployments();
        }

        return Task.CompletedTask;
    }

    public async Task<DeviceStanding> AssignAsync(string deployment, Assignment assignment)
    {
        DeviceDesiredState state = desired.State;
        DeviceAssignment claim = DeviceDecisions.Claim(state.Assignments.GetValueOrDefault(deployment), assignment, state.NextOrder);
        await ChangeAsync(state with
        {
            Assignments = state.Assignments.SetItem(deployment, claim),
            NextOrder = state.NextOrder + (claim.Order == state.NextOrder ? 1 : 0),
            Prefetches = state.Prefetches.Remove(deployment),
        });
        return Stand(deployment);
    }

    public async Task<DeviceStanding> PrefetchAsync(string deployment, Assignment? assignment)
    {
        DeviceDesiredState state = desired.State;
        await ChangeAsync(state with
        {
            Prefetches = assignment is null ? state.Prefetches.Remove(deployment) : state.Prefetches.SetItem(deployment, assignment),
        });
        return Stand(deployment);
    }

    public async Task<DeviceStanding> UnassignAsync(string deployment)
    {
        DeviceDesiredState state = desired.State;
        if (state.Assignments.ContainsKey(deployment) || state.Prefetches.ContainsKey(deployment))
        {
            await ChangeAsync(state with { Assignments = state.Assignments.Remove(deployment), Prefetches = state.Prefetches.Remove(deployment) });
        }

        return Stand(deployment);
    }

    public Task<DeviceStanding> GetStandingAsync(string deployment) => Task.FromResult(Stand(deployment));

    public Task<DeviceView?> GetViewAsync() => Task.FromResult(_hello is null
        ? null
        : DeviceViews.Of(
            Device, _link is not null, reported.State.LastSeen, _hello, _report, Labels, _document, Condition()));

    public Task<SignedDesired?> GetSignedAsync() =>
        Task.FromResult(_hello is null || _document.Generation == 0 ? null : new SignedDesired(_document.Bytes, SignedDocument()));

    public Task<DeviceLabels?> GetLabelsAsync() => Task.FromResult(CurrentLabels());

    public async Task<LabelsOutcome> SetLabelsAsync(IReadOnlyDictionary<string, string> labels, long expectedVersion)
    {
        if (_hello is null || expectedVersion != desired.State.LabelsVersion)
        {
            return new LabelsOutcome(CurrentLabels(), false);
        }

        await desired.ReplaceAsync(desired.State with
        {
            OperatorLabels = labels.ToImmutableSortedDictionary(StringComparer.Ordinal),
            LabelsVersion = expectedVersion + 1,
        });
        await devices.PutAsync(Device, Labels);
        TellDeployments();
        return new LabelsOutcome(CurrentLabels(), true);
    }

    private DeviceLabels? CurrentLabels() =>
        _hello is null ? null : new DeviceLabels(desired.State.OperatorLabels, desired.State.LabelsVersion);

    private string Condition() => DeviceDecisions.Condition(Verdict, _heldGeneration, _document.Generation, _refusals, _report?.Refusal ?? "", AgentDecisions.Condition(AgentStanding));

    private DeviceStanding Stand(string deployment)
    {
        Assignment? prefetch = desired.State.Prefetches.GetValueOrDefault(deployment);
        DeviceStanding standing = new()
        {
            Device = Device,
            Labels = Labels,
            Online = _link is not null,
            PrefetchRevision = prefetch?.Revision ?? 0,
            IsPrefetched = prefetch is not null && DeviceDecisions.HasImage(prefetch, Architecture, _report),
        };
        return DeviceDecisions.Stand(
            standing, deployment, desired.State.Assignments.GetValueOrDefault(deployment), _refusals.GetValueOrDefault(deployment), _report);
    }

    /// <summary>
    /// Keeps a hello. Every new connection's hello is taken, a repeated one too: what the device holds is true now, and only
    /// the window stays where it was.
    /// </summary>
    private async Task KeepAsync(Hello hello)
    {
        await reported.ReplaceAsync(reported.State with
        {
            Hello = hello.Encode(),
            Window = reported.State.Window.Begin(hello.Header),
            LastSeen = time.GetUtcNow(),
        });
        _hello = hello;
        (_heldGeneration, _heldDigest) = (hello.HeldGeneration, hello.HeldDigest);
    }

    /// <summary>Makes a change of the claims durable, then tells the device.</summary>
    private async Task ChangeAsync(DeviceDesiredState next)
    {
        if (await ComposeAsync(next))
        {
            await SendIfOlderAsync();
        }
    }

    /// <summary>Makes claims and what they give together durable.</summary>
    /// <returns>True when the device has to be told something else than before.</returns>
    private async Task<bool> ComposeAsync(DeviceDesiredState next)
    {
        next = await SealAsync(next);
        Composition composition = DeviceDecisions.Compose(_document, next, Architecture);
        DesiredDocument document = composition.Document;
        bool changed = document.Generation != _document.Generation;
        next = next with { Assignments = DeviceDecisions.Settle(next.Assignments, composition.Refusals) };
        await desired.ReplaceAsync(!changed ? next : next with
        {
            Assignments = DeviceDecisions.Date(desired.State.Assignments, next.Assignments, document.Generation),
            Generation = document.Generation,
            Document = document.Bytes,
        });
        _document = document;
        _refusals = composition.Refusals;
        if (changed)
        {
            DeviceLog.Changed(logger, Device, document.Generation, next.Assignments.Count);
        }

        return changed;
    }

    private async Task SendIfOlderAsync()
    {
        if (_link is not GatewayLink link)
        {
            return;
        }

        switch (Verdict)
        {
            case HoldVerdict.Older:
                bool sent = await link.Gateway.SendAsync(Device, link.Connection, DownlinkKind.Desired, SignedDocument());
                DeviceLog.Sent(logger, Device, _document.Generation, sent);
                break;
            case HoldVerdict.Newer or HoldVerdict.Diverged:
                DeviceLog.Held(logger, Device, Condition());
                TellHeld(Condition());
                break;
            default:
                break;
        }
    }

    /// <summary>A device that comes and goes is not told of each time.</summary>
    private void TellHeld(string condition)
    {
        if (condition != _toldHeld)
        {
            events.Add(DeviceEvents.Held(Device, condition));
            _toldHeld = condition;
        }
    }

    private byte[] SignedDocument() =>
        signer.Sign(SignedPurpose.Desired, Device, _document.Envelope(), _hello?.TrustVersion ?? 0);

    private void TellDeployments() => Tell(DeviceDecisions.Concerned(Labels, desired.State.Assignments.Keys, deployments.List()));

    /// <summary>One-way calls: a deployment that is waiting for this device must not be waited for.</summary>
    private void Tell(IReadOnlyList<string> concerned)
    {
        foreach (string name in concerned)
        {
            GrainFactory.GetGrain<IDeploymentGrain>(name).DeviceChangedAsync(Device).Ignore();
        }
    }
}
