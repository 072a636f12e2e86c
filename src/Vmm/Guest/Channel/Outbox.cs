using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Logs;

namespace MicroVm.Vmm.Guest.Channel;

/// <summary>
/// What the agent is to be told, in order: hello, start, health, metrics, log lines, exit. A new connection begins again with everything that
/// was not acknowledged.
/// </summary>
internal sealed class Outbox(LogBuffer logs)
{
    private ulong _sentSequence;
    private bool _helloSent;
    private bool _startedSent;
    private bool _exitedSent;
    private GuestHealth? _health;
    private bool _healthSent;

    /// <summary>Set when the workload runs.</summary>
    internal GuestStarted? Started { get; set; }

    /// <summary>What the probes say; sent whenever it is set, and again on a new connection.</summary>
    internal GuestHealth? Health
    {
        get => _health;
        set
        {
            _health = value;
            _healthSent = false;
        }
    }

    /// <summary>The newest sample that was not sent yet.</summary>
    internal GuestMetrics? Metrics { get; set; }

    /// <summary>Set when the workload is over; sent behind the last log line.</summary>
    internal GuestExited? Exited { get; set; }

    /// <summary>A new connection: everything is to be said again.</summary>
    internal void Begin()
    {
        _sentSequence = 0;
        _helloSent = false;
        _startedSent = false;
        _healthSent = false;
        _exitedSent = false;
    }

    /// <summary>The next frame to send on this connection; null when there is nothing to say.</summary>
    internal byte[]? NextFrame()
    {
        if (!_helloSent)
        {
            _helloSent = true;
            return GuestChannel.Frame(new GuestHello(GuestHello.CurrentProtocolVersion, InitVersion.Text, State));
        }

        if (Started is not null && !_startedSent)
        {
            _startedSent = true;
            return GuestChannel.Frame(Started);
        }

        if (Started is not null && _health is not null && !_healthSent)
        {
            _healthSent = true;
            return GuestChannel.Frame(_health);
        }

        if (Started is not null && Metrics is GuestMetrics metrics)
        {
            Metrics = null;
            return GuestChannel.Frame(metrics);
        }

        byte[]? line = logs.TakeAfter(ref _sentSequence);
        if (line is not null || Exited is null || _exitedSent)
        {
            return line;
        }

        _exitedSent = true;
        return GuestChannel.Frame(Exited);
    }

    private GuestState State => Exited is not null ? GuestState.Exited : Started is not null ? GuestState.Running : GuestState.AwaitingConfig;
}
