using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;

namespace MicroVm.EdgeAgent.Reporting;

/// <summary>
/// Publishes the reported state: on each new connection, and when it changed, at most twice a second; again some time after it was
/// not taken. The whole state each time, so a lost or late one does no harm.
/// </summary>
internal sealed class Reporter(
    DesiredIntake intake,
    Refusals refusals,
    VmTable table,
    PrefetchLoop prefetch,
    Func<AgentStatus> agent,
    Func<IReadOnlyList<VolumeStatus>> volumes,
    IUplink uplink,
    UplinkSequence sequence,
    TimeProvider time)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    /// <summary>A control plane that cannot keep a report says so and keeps the connection.</summary>
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(10);

    private readonly AsyncSignal _due = new();
    private IReadOnlyList<VmStatus>? _sent;
    private IReadOnlyList<Digest> _sentPrefetched = [];
    private IReadOnlyList<VolumeStatus> _sentVolumes = [];
    private ulong _sentGeneration;
    private string _sentRefusal = "";
    private AgentStatus _sentAgent = AgentStatus.None;
    private volatile bool _resend;
    private bool _isTold;

    /// <summary>Something that is reported may have changed.</summary>
    internal void OnChanged() => _due.Set();

    /// <summary>A new connection: the control plane may not have heard the last report.</summary>
    internal void OnConnected()
    {
        _resend = true;
        _due.Set();
    }

    /// <summary>The state with what is refused; null when nothing is.</summary>
    internal byte[]? MakeOfRefusal() => refusals.Current is { Length: > 0 } refusal
        ? new ReportedState(sequence.Next(), intake.Current.Generation, ReportedStateBuilder.Build(intake.Current, table.All()))
        {
            Prefetched = prefetch.Complete, Refusal = refusal, Agent = agent(), Volumes = volumes(),
        }.Encode()
        : null;

    /// <summary>Publishes for ever, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await _due.WaitAsync(_isTold ? Timeout.InfiniteTimeSpan : s_again, time, cancellation);
            _isTold = false;
            _isTold = await PublishAsync(cancellation);
            await Task.Delay(s_pause, time, cancellation);
        }
    }

    /// <summary>False when it has to be tried again though nothing changes.</summary>
    private async Task<bool> PublishAsync(CancellationToken cancellation)
    {
        if (_resend)
        {
            (_resend, _sent) = (false, null);
        }

        ulong generation = intake.Current.Generation;
        string refusal = refusals.Current;
        AgentStatus update = agent();
        IReadOnlyList<VmStatus> statuses = ReportedStateBuilder.Build(intake.Current, table.All());
        IReadOnlyList<Digest> prefetched = prefetch.Complete;
        IReadOnlyList<VolumeStatus> onDisk = volumes();
        if (_sent is not null && _sentGeneration == generation && _sentRefusal == refusal && _sentAgent == update
            && _sent.SequenceEqual(statuses) && _sentPrefetched.SequenceEqual(prefetched) && VolumeReport.AreSame(_sentVolumes, onDisk))
        {
            return true;
        }

        ReportedState report = new(sequence.Next(), generation, statuses) { Prefetched = prefetched, Refusal = refusal, Agent = update, Volumes = onDisk };
        byte[] payload = report.Encode();
        PublishOutcome outcome = await uplink.PublishAsync(UplinkKind.Reported, payload, cancellation);
        _sent = outcome == PublishOutcome.Delivered ? statuses : null;
        _sentPrefetched = prefetched;
        _sentVolumes = onDisk;
        (_sentGeneration, _sentRefusal, _sentAgent) = (generation, refusal, update);
        return outcome != PublishOutcome.NotDelivered;
    }
}
