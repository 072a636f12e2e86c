using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Channel;
using MicroVm.Vmm.Guest.Probes;
using MicroVm.Vmm.Guest.Vitals;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Supervision;

/// <summary>What is looked at while the workload runs, and told to the agent: probes, metrics, and what the kernel kills.</summary>
internal sealed class WorkloadWatch
{
    private const long MetricsPeriodMilliseconds = 1000L * GuestMetrics.PeriodSeconds;

    private readonly Outbox _outbox;
    private readonly GuestConfig _config;
    private readonly ProbeRunner _probes;
    private readonly Action _onFault;
    private readonly ulong _killsBefore = GuestVitals.OutOfMemoryKills();
    private long _metricsDue;

    /// <summary>Begins, at the workload's start; a probe that fails for good calls <paramref name="onFault"/>.</summary>
    internal WorkloadWatch(EventLoop loop, StageLauncher launcher, Outbox outbox, GuestConfig config, long now, Action onFault)
    {
        _outbox = outbox;
        _config = config;
        _onFault = onFault;
        _metricsDue = now;
        _probes = new ProbeRunner(loop, launcher, config, now, TakeHealth);
        outbox.Health = HealthOf(_probes.State);
    }

    /// <summary>When <see cref="ServeDeadlines"/> has something to do.</summary>
    internal long Due => Math.Min(_metricsDue, _probes.Due);

    internal void ServeDeadlines(long now)
    {
        _probes.ServeDeadlines(now);
        if (_metricsDue <= now)
        {
            _metricsDue = now + MetricsPeriodMilliseconds;
            _outbox.Metrics = GuestVitals.Sample(_config.Volumes);
        }
    }

    /// <summary>Takes the end of a child; false when it is none of a probe.</summary>
    internal bool TakeEnd(int pid, int exitCode) => _probes.TakeEnd(pid, exitCode);

    /// <summary>The workload is asked to end: that it answers no more is no news.</summary>
    internal void StopProbes() => _probes.Stop();

    /// <summary>What there is to say about the workload's end.</summary>
    internal GuestExited ReportEnd(int exitCode, WorkloadException? startFailure, bool killedHere)
    {
        _probes.Stop();
        _metricsDue = long.MaxValue;
        ulong kills = GuestVitals.OutOfMemoryKills() - _killsBefore;
        return ExitReport.From(
            exitCode, startFailure, _probes.State.Fault, _probes.State.Message, kills, kills > 0 ? KernelLog.LastKilled() : "", killedHere);
    }

    private static GuestHealth HealthOf(HealthState state) => new(state.StartedUp, state.Ready, state.Message);

    private void TakeHealth(HealthState state)
    {
        _outbox.Health = HealthOf(state);
        if (state.Fault != GuestExitCause.Ended)
        {
            _onFault();
        }
    }
}
