using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Boot;
using MicroVm.Vmm.Guest.Channel;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Logs;
using MicroVm.Vmm.Guest.Sessions;
using MicroVm.Vmm.Guest.Setup;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Supervision;

/// <summary>Process 1 after the boot: one loop that serves the agent, the workload, signals and the power button until the guest is to power off.</summary>
internal sealed class Supervisor
{
    private const int ReportTimeoutMilliseconds = 10_000;
    private const int LongestGraceSeconds = 3600;
    private const long Never = long.MaxValue;

    private readonly EventLoop _loop = new();
    private readonly LogBuffer _logs = new();
    private readonly Outbox _outbox;
    private readonly AgentConnection _agent;
    private readonly StageLauncher _launcher = new();
    private readonly SessionServer _sessions;
    private readonly int _signals = SignalSource.Open();
    private GuestPhase _phase = GuestPhase.AwaitingConfig;
    private readonly HeldModules _networkModules;
    private GuestConfig? _config;
    private WorkloadProcess? _workload;
    private WorkloadWatch? _watch;
    private bool _killed;
    private int _graceSeconds;
    private long _killDue = Never;
    private long _reportDue = Never;

    internal Supervisor(HeldModules networkModules)
    {
        _networkModules = networkModules;
        _outbox = new Outbox(_logs);
        _agent = new AgentConnection(_loop, _outbox, Take);
        _sessions = new SessionServer(_loop, _launcher);
        _sessions.Listen();
        _loop.Watch(_signals, EventLoop.In, _ => TakeSignals());
        PowerButton.Watch(_loop, () => Stop(_graceSeconds));
        GpioPowerButton.Watch(_loop, () => Stop(_graceSeconds));
    }

    /// <summary>Returns when the guest is to power off.</summary>
    internal void Run()
    {
        while (_phase != GuestPhase.PoweringOff)
        {
            long now = Environment.TickCount64;
            long due = Math.Min(Math.Min(_agent.ConnectDue, _sessions.Due), Math.Min(Math.Min(_killDue, _reportDue), _watch?.Due ?? Never));
            _loop.ServeOne(due == Never ? -1 : (int)Math.Clamp(due - now, 0, int.MaxValue));
            ServeDeadlines(Environment.TickCount64);
            _agent.Send();
        }

        VolumeSetup.Unmount(_config?.Volumes ?? []);
    }

    private void ServeDeadlines(long now)
    {
        if (_agent.ConnectDue <= now)
        {
            _agent.Connect();
        }

        _sessions.ServeDeadlines(now);
        _watch?.ServeDeadlines(now);
        if (_killDue <= now)
        {
            _killDue = Never;
            _killed = true;
            _workload?.End();
        }

        if (_reportDue <= now)
        {
            GuestConsole.WriteLine("the agent did not acknowledge the exit; powering off");
            Move(GuestOccurrence.ReportTimedOut);
        }
    }

    private void Move(GuestOccurrence occurrence) => _phase = PhaseDecisions.Next(_phase, occurrence);

    private void Take(GuestMessage message)
    {
        switch (message)
        {
            case GuestConfig config when _phase == GuestPhase.AwaitingConfig:
                Start(config);
                break;
            case GuestLogAck ack:
                _logs.Acknowledge(ack.Sequence);
                break;
            case GuestShutdown shutdown:
                Stop(shutdown.GracePeriodSeconds);
                break;
            case GuestClock clock:
                GuestTime.Take(clock);
                break;
            case GuestExitAck:
                Move(GuestOccurrence.Acknowledged);
                break;
            default:
                // A second configuration, or a message for hosts: nothing that a running workload should suffer for.
                break;
        }
    }

    private void Start(GuestConfig config)
    {
        try
        {
            _config = config;
            _graceSeconds = config.GracePeriodSeconds;
            WorkloadPlan plan = WorkloadPlan.From(config, AccountFiles.Load());
            GuestSetup.Apply(config, plan, _networkModules);
            _workload = WorkloadProcess.Start(_launcher, plan, config.Process.StopSignal, _logs);
        }
        catch (WorkloadException e)
        {
            Report(GuestOccurrence.CouldNotStart, new GuestExited(e.ExitCode, e.Message, GuestExitCause.NotStarted));
            return;
        }
        catch (Exception e) when (e is OsFaultException or InvalidDataException)
        {
            Report(GuestOccurrence.CouldNotStart, new GuestExited(WorkloadException.NotStarted, e.Message, GuestExitCause.NotStarted));
            return;
        }

        WatchOutput(_workload.Stdout);
        WatchOutput(_workload.Stderr);
        _loop.Watch(_workload.Status.ReadEnd, EventLoop.In, _ => TakeStatus());
        _watch = new WorkloadWatch(_loop, _launcher, _outbox, config, Environment.TickCount64, () => Stop(_graceSeconds));
        _sessions.Allow(config);
        Move(GuestOccurrence.Started);
    }

    private void WatchOutput(OutputPipe pipe) => _loop.Watch(pipe.ReadEnd, EventLoop.In, _ =>
    {
        if (!pipe.ReadChunk())
        {
            _loop.Close(pipe.ReadEnd);
        }
    });

    private void TakeStatus()
    {
        StageStatus status = _workload!.Status;
        if (status.Read())
        {
            _loop.Close(status.ReadEnd);
            _outbox.Started = status.Failure is null ? new GuestStarted(_workload.Pid) : null;
        }
    }

    private void TakeSignals()
    {
        for (int signal; (signal = SignalSource.Take(_signals)) != 0;)
        {
            if (signal == SignalSource.Child)
            {
                Reap();
            }
            else
            {
                Stop(_graceSeconds);
            }
        }
    }

    /// <summary>Takes every child that ended: the workload's own orphans come to process 1.</summary>
    private void Reap()
    {
        while (ChildStatus.TakeEnded(out int pid, out int exitCode))
        {
            if (pid == _workload?.Pid)
            {
                TakeEnd(_workload, exitCode);
            }
            else if (!_sessions.TakeEnd(pid, exitCode))
            {
                _watch?.TakeEnd(pid, exitCode);
            }
        }
    }

    private void TakeEnd(WorkloadProcess workload, int exitCode)
    {
        if (!workload.Status.IsKnown)
        {
            TakeStatus();
        }

        // Before everything is killed: sessions are to say why they ended.
        _sessions.Refuse("the workload has ended");
        workload.DrainOutput();
        // Whatever happens to the guest once its exit is known, what it wrote is there.
        Libc.sync();
        Report(GuestOccurrence.Ended, _watch!.ReportEnd(exitCode, workload.Status.Failure, _killed));
    }

    private void Report(GuestOccurrence occurrence, GuestExited exited)
    {
        _sessions.Refuse("the workload has ended");
        _outbox.Exited = exited;
        _killDue = Never;
        _reportDue = Environment.TickCount64 + ReportTimeoutMilliseconds;
        Move(occurrence);
    }

    /// <summary>Asks the workload to end; a further request may only shorten its time.</summary>
    private void Stop(int graceSeconds)
    {
        Move(GuestOccurrence.StopAsked);
        if (_phase == GuestPhase.Stopping)
        {
            _watch!.StopProbes();
            _killDue = Math.Min(_killDue, Environment.TickCount64 + (1000L * Math.Clamp(graceSeconds, 0, LongestGraceSeconds)));
            _workload!.AskToEnd();
        }
    }
}
