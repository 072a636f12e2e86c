using MicroVm.ControlPlane.Abstractions.Rollouts;

namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>
/// What a rollout does next: a pure function of what is kept, what devices say, and the time. It is level-triggered: what
/// was decided and not carried out, because the process stopped in between, is decided again.
/// </summary>
internal static class RolloutDecisions
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(1), s_later = TimeSpan.FromSeconds(15);

    /// <summary>Begins to spread a revision, whatever became of the one before.</summary>
    /// <param name="before">The rollout before; null when there was none.</param>
    /// <param name="revision">The revision.</param>
    /// <param name="fallback">The last good revision; 0 when there is none.</param>
    /// <param name="now">The time.</param>
    internal static RolloutState Begin(RolloutState? before, int revision, int fallback, DateTimeOffset now) => new()
    {
        Revision = revision,
        Fallback = fallback,
        Attempt = (before?.Attempt ?? 0) + 1,
        StartedAt = now,
        WaveStartedAt = now,
        // A new revision is no way around the rate.
        RateFrom = before?.RateFrom ?? default,
        RateCount = before?.RateCount ?? 0,
    };

    /// <summary>What to do now.</summary>
    /// <param name="state">The rollout.</param>
    /// <param name="strategy">How it spreads; null for all devices at once.</param>
    /// <param name="devices">The devices that the deployment selects.</param>
    /// <param name="now">The time.</param>
    internal static RolloutDecision Next(
        RolloutState state, RolloutStrategy? strategy, IReadOnlyList<RolloutDevice> devices, DateTimeOffset now)
    {
        if (strategy is null)
        {
            return ImmediateDecisions.Next(state, devices, now);
        }

        RolloutDevice[] seen = [.. devices];
        for (int i = 0; i < seen.Length && !state.IsBack; i++)
        {
            Admission? observed = AdmissionDecisions.Observe(state, strategy, seen[i], now);
            seen[i] = ReferenceEquals(observed, seen[i].Admission) ? seen[i] : seen[i] with { Admission = observed };
        }

        RolloutCounts counts;
        RolloutState before;
        do
        {
            before = state;
            counts = Count(state, strategy, seen, now);
            state = Step(state, strategy, seen, counts, now);
        }
        while (state != before);

        HashSet<string> told = Choose(state, strategy, seen, counts, now, out HashSet<string> prefetch);
        state = WaveDecisions.Spend(state, strategy, told.Count, now);
        List<RolloutOrder> orders = [];
        for (int i = 0; i < seen.Length; i++)
        {
            Admission? note = told.Contains(seen[i].Device) ? AdmissionDecisions.Admit(state, seen[i], now) : seen[i].Admission;
            bool? fetch = prefetch.Contains(seen[i].Device) ? seen[i].Prefetching == state.Revision ? null : true
                : WaveDecisions.MustEndPrefetch(state, strategy, seen[i], now) ? false
                : null;
            Order(orders, state, devices[i], note, fetch);
        }

        return new RolloutDecision(
            state, orders, counts with { OnTheirWay = counts.OnTheirWay + told.Count }, LookAgain(state, counts, told.Count));
    }

    /// <summary>Adds up how devices stand.</summary>
    internal static RolloutCounts Count(RolloutState state, RolloutStrategy strategy, IReadOnlyList<RolloutDevice> devices, DateTimeOffset now)
    {
        int online = 0, way = 0, away = 0, healthy = 0, failed = 0;
        foreach (RolloutDevice device in devices)
        {
            online += device.IsOnline ? 1 : 0;
            switch (AdmissionDecisions.Stand(state, strategy, device.Admission, now))
            {
                case AdmissionStanding.OnItsWay: way++; break;
                case AdmissionStanding.Away: away++; break;
                case AdmissionStanding.Healthy: healthy++; break;
                case AdmissionStanding.Failed: failed++; break;
                default: break;
            }
        }

        return new RolloutCounts(devices.Count, online, way, away, healthy, failed);
    }

    /// <summary>One step of the state machine; the same state when there is none to take.</summary>
    private static RolloutState Step(
        RolloutState state, RolloutStrategy strategy, IReadOnlyList<RolloutDevice> devices, RolloutCounts counts, DateTimeOffset now)
    {
        if (state.Phase == RolloutPhase.RollingBack)
        {
            return devices.All(device => device.Assigned == state.Fallback) ? state with { Phase = RolloutPhase.RolledBack, EndedAt = now } : state;
        }

        if (state.IsPaused || !state.IsActive || devices.Count == 0)
        {
            return state;
        }

        if (counts.Failed >= strategy.FailureThreshold.Of(devices.Count))
        {
            return Fail(state, strategy, WhyFailed(strategy, devices, counts));
        }

        IEnumerable<RolloutDevice> candidates = WaveDecisions.Candidates(state, strategy, devices, now);
        return state.Phase switch
        {
            RolloutPhase.Soaking => now >= state.SoakUntil || state.IsPromoted ? Advance(state, strategy, now) : state,
            RolloutPhase.AwaitingApproval => state.IsApproved || state.IsPromoted ? NextWave(state, strategy, now) : state,
            _ when WaveDecisions.IsDone(WaveDecisions.Target(state, strategy, devices), counts, candidates) =>
                state with { Phase = RolloutPhase.Soaking, SoakUntil = now + TimeSpan.FromSeconds(strategy.SoakSeconds) },
            _ when counts is { OnTheirWay: 0, Healthy: 0, Failed: > 0 } && !candidates.Any() =>
                Fail(state, strategy, $"no device became healthy; {WhyFailed(strategy, devices, counts)}"),
            _ => state,
        };
    }

    private static RolloutState Advance(RolloutState state, RolloutStrategy strategy, DateTimeOffset now) =>
        state.Wave + 1 >= strategy.WaveCount ? state with { Phase = RolloutPhase.Complete, EndedAt = now, Reason = "" }
        : strategy.ManualApproval && !state.IsPromoted ? state with { Phase = RolloutPhase.AwaitingApproval, IsApproved = false }
        : NextWave(state, strategy, now);

    private static RolloutState NextWave(RolloutState state, RolloutStrategy strategy, DateTimeOffset now) => state with
    {
        Phase = RolloutPhase.Progressing,
        Wave = state.IsPromoted ? strategy.WaveCount - 1 : state.Wave + 1,
        WaveStartedAt = now,
        IsApproved = false,
    };

    private static RolloutState Fail(RolloutState state, RolloutStrategy strategy, string reason) =>
        strategy.OnFailure == FailureAction.Rollback && state.Fallback > 0
            ? state with { Phase = RolloutPhase.RollingBack, Reason = reason }
            : state with
            {
                IsPaused = true,
                Reason = strategy.OnFailure == FailureAction.Pause ? reason : $"{reason}; there is no good revision to go back to",
            };

    private static string WhyFailed(RolloutStrategy strategy, IEnumerable<RolloutDevice> devices, RolloutCounts counts)
    {
        const int MaxShown = 3;
        IEnumerable<string> failures = devices.Where(device => device.Admission?.FailedAt is not null)
            .OrderBy(device => device.Admission!.FailedAt).ThenBy(device => device.Device, StringComparer.Ordinal)
            .Select(device => $"{device.Device}: {device.Admission!.Failure}");
        string more = counts.Failed > MaxShown ? $"; and {counts.Failed - MaxShown} more" : "";
        return $"{counts.Failed} of {counts.Devices} devices failed (the limit is {strategy.FailureThreshold}): {string.Join("; ", failures.Take(MaxShown))}{more}";
    }

    /// <summary>The devices that are let in now, and those that only fetch the image.</summary>
    private static HashSet<string> Choose(
        RolloutState state, RolloutStrategy strategy, IReadOnlyList<RolloutDevice> devices, RolloutCounts counts, DateTimeOffset now, out HashSet<string> prefetch)
    {
        prefetch = [];
        HashSet<string> told = [];
        if (state.IsPaused || state.Phase is not (RolloutPhase.Progressing or RolloutPhase.Complete))
        {
            return told;
        }

        // When it is complete, devices that come later are told like those of a last wave that never ends.
        int missing = state.Phase == RolloutPhase.Complete
            ? devices.Count - counts.Settled - counts.OnTheirWay - counts.Away
            : WaveDecisions.Missing(WaveDecisions.Target(state, strategy, devices), counts);
        int room = Math.Min(missing, WaveDecisions.Room(state, strategy, counts, now));
        if (missing <= 0)
        {
            return told;
        }

        int left = missing;
        foreach (RolloutDevice device in WaveDecisions.Candidates(state, strategy, devices, now)
            .OrderBy(device => device.Order).ThenBy(device => device.Device, StringComparer.Ordinal))
        {
            if (told.Count < room && WaveDecisions.MaySwitchOver(state, strategy, device, now))
            {
                told.Add(device.Device);
            }
            else if (left > 0 && WaveDecisions.MayPrefetch(state, strategy, device, now))
            {
                prefetch.Add(device.Device);
            }

            if (--left <= 0 && told.Count >= room)
            {
                break;
            }
        }

        return told;
    }

    private static void Order(List<RolloutOrder> orders, RolloutState state, RolloutDevice device, Admission? note, bool? prefetch)
    {
        bool inside = note?.Attempt == state.Attempt && !state.IsBack;
        int wanted = inside ? state.Revision : state.IsBack || device.Assigned == 0 ? state.Fallback : device.Assigned;
        int revision = wanted == device.Assigned ? 0 : wanted;
        if (revision > 0 || note != device.Admission || prefetch is not null)
        {
            orders.Add(new RolloutOrder(device.Device, note, revision, prefetch));
        }
    }

    private static TimeSpan? LookAgain(RolloutState state, RolloutCounts counts, int told) =>
        state.Phase == RolloutPhase.RolledBack ? null
        : state.Phase == RolloutPhase.Complete ? counts.OnTheirWay + told > 0 ? s_soon : counts.Online > counts.Settled ? s_later : null
        : counts.Devices == 0 ? null
        : s_soon;
}
