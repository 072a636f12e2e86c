using MicroVm.ControlPlane.Abstractions.Rollouts;

namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>What is noted of one device in a rollout: pure functions, no clock, no I/O.</summary>
internal static class AdmissionDecisions
{
    /// <summary>The note on a device that is let in now.</summary>
    internal static Admission Admit(RolloutState state, RolloutDevice device, DateTimeOffset now) => new()
    {
        Attempt = state.Attempt,
        At = now,
        Since = now,
        OfflineAt = device.IsOnline ? null : now,
    };

    /// <summary>The note on a device after a look at it; null when it is outside.</summary>
    internal static Admission? Observe(RolloutState state, RolloutStrategy strategy, RolloutDevice device, DateTimeOffset now)
    {
        Admission? noted = device.Admission?.Attempt == state.Attempt ? device.Admission : null;
        if (noted is null)
        {
            // One that runs the revision all the same, as when a note was lost, is looked at like one that was let in.
            return device.Assigned == state.Revision ? Observe(state, strategy, device with { Admission = Admit(state, device, now) }, now) : null;
        }

        if (state.Phase == RolloutPhase.Complete && noted.Since <= state.EndedAt)
        {
            return noted;
        }

        Admission seen = ObserveReadiness(strategy, device, ObservePresence(strategy, device, Forgive(state, device, noted, now), now), state, now);
        string failure = seen.FailedAt is null ? WhyFailed(state, strategy, device, seen, now) : "";
        return failure.Length == 0 ? seen : seen with { Failure = failure, FailedAt = now };
    }

    /// <summary>How a device stands by its note.</summary>
    internal static AdmissionStanding Stand(RolloutState state, RolloutStrategy strategy, Admission? noted, DateTimeOffset now) =>
        noted?.Attempt != state.Attempt ? AdmissionStanding.Outside
        : noted.FailedAt is not null ? AdmissionStanding.Failed
        : IsHealthy(strategy, noted, now) || (state.Phase == RolloutPhase.Complete && noted.Since <= state.EndedAt) ? AdmissionStanding.Healthy
        : noted.OfflineAt is DateTimeOffset away && now - away >= TimeSpan.FromSeconds(strategy.OfflineDeadlineSeconds) ? AdmissionStanding.Away
        : AdmissionStanding.OnItsWay;

    private static bool IsHealthy(RolloutStrategy strategy, Admission noted, DateTimeOffset now) =>
        noted.ReadyAt is DateTimeOffset ready && now - ready >= TimeSpan.FromSeconds(strategy.Gate.ReadySeconds);

    private static Admission Forgive(RolloutState state, RolloutDevice device, Admission noted, DateTimeOffset now) =>
        noted.FailedAt <= state.ForgivenAt
            ? noted with { Failure = "", FailedAt = null, ReadyAt = null, Since = now, ForgivenRestarts = device.Restarts }
            : noted;

    private static Admission ObservePresence(RolloutStrategy strategy, RolloutDevice device, Admission noted, DateTimeOffset now) => device.IsOnline
        ? noted.OfflineAt is null ? noted : noted with { OfflineAt = null, Since = now }
        // Being ready has to be seen for as long as the gate asks; nobody sees one that is away.
        : noted.OfflineAt is not null ? noted : noted with { OfflineAt = now, ReadyAt = IsHealthy(strategy, noted, now) ? noted.ReadyAt : null };

    private static Admission ObserveReadiness(
        RolloutStrategy strategy, RolloutDevice device, Admission noted, RolloutState state, DateTimeOffset now)
    {
        bool ready = device.Reported == state.Revision && device.IsReady;
        return !device.IsOnline ? noted
            : ready ? noted.ReadyAt is null ? noted with { ReadyAt = now } : noted
            // What was healthy gets the whole deadline to become so again.
            : noted.ReadyAt is null ? noted : noted with { ReadyAt = null, Since = IsHealthy(strategy, noted, now) ? now : noted.Since };
    }

    /// <summary>Why a device has failed now; empty when it has not.</summary>
    private static string WhyFailed(RolloutState state, RolloutStrategy strategy, RolloutDevice device, Admission noted, DateTimeOffset now)
    {
        HealthGate gate = strategy.Gate;
        bool reports = device.Reported == state.Revision;
        int restarts = device.Restarts - noted.ForgivenRestarts;
        string said = device.Message.Length == 0 ? "" : $": {device.Message}";
        return reports && device.HasFailed ? device.Message.Length == 0 ? "its VM cannot run" : device.Message
            : reports && restarts > gate.MaxRestarts ? $"its workload was started again {restarts} times, more than {gate.MaxRestarts}{said}"
            : device.ErrorLines > gate.MaxErrorLines ? $"its workload wrote more than {gate.MaxErrorLines} lines to standard error"
            : device.IsOnline && noted.ReadyAt is null && now - noted.Since >= TimeSpan.FromSeconds(strategy.ProgressDeadlineSeconds)
                ? $"it was not ready within {strategy.ProgressDeadlineSeconds} s{said}"
            : "";
    }
}
