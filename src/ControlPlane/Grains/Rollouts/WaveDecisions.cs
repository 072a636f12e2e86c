using MicroVm.ControlPlane.Abstractions.Rollouts;

namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>Who is in a wave and when it is over: pure functions, no clock, no I/O.</summary>
internal static class WaveDecisions
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The place of a device in the order in which a revision's devices are told: spread evenly, the same whenever it is
    /// asked, another one for each revision (FNV-1a, 64 bits, of both).
    /// </summary>
    internal static ulong Order(string device, int revision)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in device)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        hash = (hash ^ (uint)revision) * 1099511628211;
        // The low bits of FNV are good, the high ones of short texts are not.
        return (hash ^ (hash >> 32)) * 0x9E3779B97F4A7C15;
    }

    /// <summary>True when devices that the canary selector names are the only ones that the wave may tell.</summary>
    internal static bool IsNamedCanary(RolloutState state, RolloutStrategy strategy, IReadOnlyList<RolloutDevice> devices, DateTimeOffset now)
    {
        if (state.Wave > 0 || state.IsPromoted || strategy.Canary?.Selector is null)
        {
            return false;
        }

        // Those that are named may be away, or there may be none: then others are the canaries, so that no wave waits for ever.
        bool patient = now - state.WaveStartedAt < TimeSpan.FromSeconds(strategy.OfflineDeadlineSeconds);
        return devices.Any(device => device.IsCanary && (patient || device.IsOnline || device.Admission?.Attempt == state.Attempt));
    }

    /// <summary>How many devices are to have the revision at the end of the wave.</summary>
    internal static int Target(RolloutState state, RolloutStrategy strategy, IReadOnlyList<RolloutDevice> devices) =>
        strategy.Upto(state.Wave) is Amount upto ? upto.Of(devices.Count) : Math.Max(1, devices.Count(device => device.IsCanary));

    /// <summary>The devices that the wave could still tell, apart from their windows.</summary>
    internal static IEnumerable<RolloutDevice> Candidates(
        RolloutState state, RolloutStrategy strategy, IReadOnlyList<RolloutDevice> devices, DateTimeOffset now)
    {
        bool named = IsNamedCanary(state, strategy, devices, now);
        return devices.Where(device => device.IsOnline && device.Admission?.Attempt != state.Attempt && (!named || device.IsCanary));
    }

    /// <summary>How many more devices the wave needs: what has failed counts, but a wave is not over without a healthy one.</summary>
    internal static int Missing(int target, RolloutCounts counts) =>
        counts is { Healthy: 0, OnTheirWay: 0 } ? Math.Max(1, target - counts.Settled) : Math.Max(0, target - counts.Settled - counts.OnTheirWay);

    /// <summary>True when nobody is on the way and nobody is left to be told.</summary>
    internal static bool IsDone(int target, RolloutCounts counts, IEnumerable<RolloutDevice> candidates) =>
        counts.OnTheirWay == 0 && counts.Healthy > 0 && (counts.Settled >= target || !candidates.Any());

    /// <summary>How many devices may be told now.</summary>
    internal static int Room(RolloutState state, RolloutStrategy strategy, RolloutCounts counts, DateTimeOffset now)
    {
        int room = strategy.MaxUnavailable.Of(counts.Devices) - counts.OnTheirWay;
        return strategy.RatePerMinute is int rate ? Math.Min(room, rate - (IsNewMinute(state, now) ? 0 : state.RateCount)) : room;
    }

    /// <summary>The state after some devices were told.</summary>
    internal static RolloutState Spend(RolloutState state, RolloutStrategy strategy, int count, DateTimeOffset now) =>
        count == 0 || strategy.RatePerMinute is null ? state
        : IsNewMinute(state, now) ? state with { RateFrom = now, RateCount = count }
        : state with { RateCount = state.RateCount + count };

    /// <summary>True when a device may replace its VM now.</summary>
    internal static bool MaySwitchOver(RolloutState state, RolloutStrategy strategy, RolloutDevice device, DateTimeOffset now) =>
        strategy.Windows is not MaintenanceWindows windows
        || (windows.MaySwitchOver(device.Zone, now) && (HasImage(state, device) || windows.MayDownload(device.Zone, now)));

    /// <summary>True when a device that cannot switch over may fetch the image now.</summary>
    internal static bool MayPrefetch(RolloutState state, RolloutStrategy strategy, RolloutDevice device, DateTimeOffset now) =>
        strategy.Windows is MaintenanceWindows windows && !HasImage(state, device) && windows.MayDownload(device.Zone, now);

    /// <summary>True when a device has to end fetching: its window is over, or the revision goes back.</summary>
    internal static bool MustEndPrefetch(RolloutState state, RolloutStrategy? strategy, RolloutDevice device, DateTimeOffset now) =>
        device.Prefetching > 0
        && (device.Prefetching != state.Revision || state.IsBack || strategy?.Windows is not MaintenanceWindows windows
            || (!device.HasImage && !windows.MayDownload(device.Zone, now)));

    private static bool HasImage(RolloutState state, RolloutDevice device) => device.Prefetching == state.Revision && device.HasImage;

    private static bool IsNewMinute(RolloutState state, DateTimeOffset now) => now - state.RateFrom >= s_minute;
}
