using MicroVm.EdgeAgent.Diagnostics;

namespace MicroVm.EdgeAgent.Tests.Faults;

/// <summary>
/// Ends the agent when it comes to a point for the so-many-th time. From then on every thread of it that comes to any point is ended there
/// as well: a killed agent does nothing more to the device. Agents of other tests go on: a point belongs to whoever's context reaches it.
/// </summary>
internal sealed class FaultTrigger
{
    private static readonly AsyncLocal<FaultTrigger?> s_current = new();

    private readonly Lock _lock = new();
    private readonly Dictionary<(FaultPoint Point, bool After), int> _reached = [];
    private (FaultPoint Point, bool After, int Time)? _armed;
    private Action? _kill;
    private TaskCompletionSource _fired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _dead;

    static FaultTrigger() => FaultPoints.Reached = static (point, after) => s_current.Value?.OnReached(point, after);

    /// <summary>Completes when the agent is ended.</summary>
    internal Task Fired => _fired.Task;

    /// <summary>Every moment that was reached, and how often.</summary>
    internal IReadOnlyDictionary<(FaultPoint Point, bool After), int> Reached
    {
        get
        {
            lock (_lock)
            {
                return new Dictionary<(FaultPoint, bool), int>(_reached);
            }
        }
    }

    /// <summary>A point at which the agent ends from now on, and what tells its loops.</summary>
    internal void Arm(FaultPoint point, bool after, int time, Action kill) => (_armed, _kill) = ((point, after, time), kill);

    /// <summary>Another agent begins.</summary>
    internal void Disarm()
    {
        (_armed, _kill, _dead) = (null, null, false);
        _fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Takes every point that is reached in this context from now on.</summary>
    internal void Enter() => s_current.Value = this;

    private void OnReached(FaultPoint point, bool after)
    {
        Action? kill = null;
        lock (_lock)
        {
            int time = _reached[(point, after)] = _reached.GetValueOrDefault((point, after)) + 1;
            if (!_dead && _armed == (point, after, time))
            {
                (_dead, kill) = (true, _kill);
            }
        }

        if (kill is not null)
        {
            kill();
            _fired.TrySetResult();
        }

        if (_dead)
        {
            throw new AgentKilledException($"{(after ? "after" : "before")} {point}");
        }
    }
}
