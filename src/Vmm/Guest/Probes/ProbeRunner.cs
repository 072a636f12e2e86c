using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Sessions;
using MicroVm.Vmm.Guest.Supervision;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Probes;

/// <summary>Lets the probes of a workload look when they are due, each once at a time, and says when what they mean has changed.</summary>
internal sealed class ProbeRunner
{
    private const long Never = long.MaxValue;
    private const int Roles = 3;

    private readonly EventLoop _loop;
    private readonly StageLauncher _launcher;
    private readonly GuestConfig _config;
    private readonly Action<HealthState> _onChange;
    private readonly long[] _due = new long[Roles];
    private readonly long[] _timeout = new long[Roles];
    private readonly IProbeLook?[] _looks = new IProbeLook?[Roles];
    private bool _stopped;

    /// <summary>Begins: the workload was started at <paramref name="now"/>, by <see cref="Environment.TickCount64"/>.</summary>
    internal ProbeRunner(EventLoop loop, StageLauncher launcher, GuestConfig config, long now, Action<HealthState> onChange)
    {
        _loop = loop;
        _launcher = launcher;
        _config = config;
        _onChange = onChange;
        State = HealthDecisions.Begin(config.Probes);
        Array.Fill(_timeout, Never);
        for (int role = 0; role < Roles; role++)
        {
            _due[role] = ProbeOf(role) is Probe probe ? now + (1000L * probe.InitialDelaySeconds) : Never;
        }
    }

    /// <summary>What was found so far.</summary>
    internal HealthState State { get; private set; }

    /// <summary>When <see cref="ServeDeadlines"/> has something to do.</summary>
    internal long Due
    {
        get
        {
            long due = Never;
            for (int role = 0; role < Roles && !_stopped; role++)
            {
                bool waits = _looks[role] is null or { IsOver: true } && HealthDecisions.Looks(State, (ProbeRole)role);
                due = Math.Min(due, Math.Min(_timeout[role], waits ? _due[role] : Never));
            }

            return due;
        }
    }

    /// <summary>Ends looks whose time is up and begins those that are due.</summary>
    internal void ServeDeadlines(long now)
    {
        for (int role = 0; role < Roles && !_stopped; role++)
        {
            if (_timeout[role] <= now)
            {
                _timeout[role] = Never;
                _looks[role]!.Cancel();
                Take(role, new ProbeFinding(false, $"no answer within {ProbeOf(role)!.TimeoutSeconds} s"));
            }

            if (!_stopped && _due[role] <= now && _looks[role] is null or { IsOver: true } && HealthDecisions.Looks(State, (ProbeRole)role))
            {
                Look(role, ProbeOf(role)!, now);
            }
        }
    }

    /// <summary>Takes the end of a child; false when it is none of a probe.</summary>
    internal bool TakeEnd(int pid, int exitCode)
    {
        foreach (IProbeLook? look in _looks)
        {
            if (look is not null && look.TakeEnd(pid, exitCode))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The workload is to end, or has: nothing is looked at any more.</summary>
    internal void Stop()
    {
        _stopped = true;
        foreach (IProbeLook? look in _looks)
        {
            look?.Cancel();
        }
    }

    private Probe? ProbeOf(int role) => (ProbeRole)role switch
    {
        ProbeRole.Startup => _config.Probes.Startup,
        ProbeRole.Liveness => _config.Probes.Liveness,
        _ => _config.Probes.Readiness,
    };

    private void Look(int role, Probe probe, long now)
    {
        // By its period, however long looks take; what was missed is not made up for.
        _due[role] = Math.Max(_due[role] + (1000L * probe.PeriodSeconds), now + 1);
        _timeout[role] = now + (1000L * probe.TimeoutSeconds);
        _looks[role]?.Cancel();
        void Found(ProbeFinding finding)
        {
            _timeout[role] = Never;
            Take(role, finding);
        }

        try
        {
            if (probe.Kind == ProbeKind.Exec)
            {
                WorkloadPlan plan = ExecPlan.From(_config, new SessionOpen { Kind = SessionKind.Exec, Command = probe.Command }, AccountFiles.Load());
                _looks[role] = ExecLook.Start(_loop, _launcher, plan, Found);
                return;
            }

            ConnectLook look = new(_loop, probe.Port, probe.Kind == ProbeKind.Http ? probe.Path : null, Found);
            _looks[role] = look;
            look.Begin();
        }
        catch (Exception e) when (e is OsFaultException or WorkloadException or InvalidDataException)
        {
            Found(new ProbeFinding(false, e.Message));
        }
    }

    private void Take(int role, ProbeFinding finding)
    {
        if (_stopped)
        {
            return;
        }

        HealthState before = State;
        State = HealthDecisions.Next(_config.Probes, before, (ProbeRole)role, finding);
        if ((before.StartedUp, before.Ready, before.Message, before.Fault) != (State.StartedUp, State.Ready, State.Message, State.Fault))
        {
            _onChange(State);
        }
    }
}
