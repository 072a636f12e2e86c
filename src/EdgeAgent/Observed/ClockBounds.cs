namespace MicroVm.EdgeAgent.Observed;

/// <summary>
/// What a device may conclude from its clock. One without a battery wakes up in 1970, and a broken one anywhere. Nothing is deleted, run
/// or given up because of a time that cannot be.
/// </summary>
internal static class ClockBounds
{
    /// <summary>No agent is older.</summary>
    internal static readonly DateTimeOffset Earliest = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>No device lives longer.</summary>
    internal static readonly DateTimeOffset Latest = new(2070, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Whether a time may have been the time.</summary>
    internal static bool IsPlausible(DateTimeOffset time) => time >= Earliest && time < Latest;

    /// <summary>True when the clock was set over decades between two times: how far they are apart then says nothing.</summary>
    internal static bool WasSetBetween(DateTimeOffset one, DateTimeOffset other) => IsPlausible(one) != IsPlausible(other);
}
