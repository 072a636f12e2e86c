namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>A rollout without a strategy: every device is told at once, whether it is connected or not. Pure.</summary>
internal static class ImmediateDecisions
{
    /// <summary>What to do now; see <see cref="RolloutDecisions.Next"/>.</summary>
    internal static RolloutDecision Next(RolloutState state, IReadOnlyList<RolloutDevice> devices, DateTimeOffset now)
    {
        RolloutCounts counts = Count(state, devices);
        if (state.Phase == RolloutPhase.RollingBack && devices.All(device => device.Assigned == state.Fallback))
        {
            state = state with { Phase = RolloutPhase.RolledBack, EndedAt = now };
        }
        else if (state.IsActive && !state.IsPaused && counts.Healthy > 0 && devices.All(device => !device.IsOnline || IsThere(state, device)))
        {
            state = state with { Phase = RolloutPhase.Complete, EndedAt = now, Reason = "" };
        }

        RolloutOrder[] orders = [.. devices
            .Select(device => (Device: device, Wanted: Wanted(state, device)))
            .Select(pair => new RolloutOrder(
                pair.Device.Device,
                null,
                pair.Wanted == pair.Device.Assigned ? 0 : pair.Wanted,
                WaveDecisions.MustEndPrefetch(state, null, pair.Device, now) ? false : null))
            .Where(order => order.Revision > 0 || order.Prefetch is not null)];
        return new RolloutDecision(state, orders, counts, null);
    }

    private static int Wanted(RolloutState state, RolloutDevice device) =>
        state.IsBack ? state.Fallback
        : !state.IsPaused ? state.Revision
        : device.Assigned > 0 ? device.Assigned : state.Fallback;

    private static bool IsThere(RolloutState state, RolloutDevice device) => device.Reported == state.Revision && device.IsReady;

    private static RolloutCounts Count(RolloutState state, IReadOnlyList<RolloutDevice> devices)
    {
        int online = devices.Count(device => device.IsOnline);
        int healthy = devices.Count(device => IsThere(state, device));
        int failed = devices.Count(device => device.Reported == state.Revision && device.HasFailed);
        int told = devices.Count(device => device.Assigned == state.Revision);
        return new RolloutCounts(devices.Count, online, told - healthy - failed, 0, healthy, failed);
    }
}
