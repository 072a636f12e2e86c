namespace MicroVm.EdgeAgent.Identity;

/// <summary>When a certificate is renewed: pure functions.</summary>
internal static class RenewalDecisions
{
    /// <summary>Longest wait, so that a clock that is set does not make the device sleep through its certificate's end.</summary>
    internal static TimeSpan LongestWait { get; } = TimeSpan.FromHours(1);

    private static readonly TimeSpan s_blindFirst = TimeSpan.FromMinutes(10), s_blindPeriod = TimeSpan.FromDays(1);

    /// <summary>True after two thirds of its life, or when a newer authority took its issuer's place.</summary>
    internal static bool IsDue(DateTimeOffset notBefore, DateTimeOffset notAfter, bool isOfNewestAuthority, DateTimeOffset now) =>
        !isOfNewestAuthority || now >= At(notBefore, notAfter);

    /// <summary>How long to wait before the next look.</summary>
    internal static TimeSpan Wait(DateTimeOffset notBefore, DateTimeOffset notAfter, DateTimeOffset now)
    {
        TimeSpan left = At(notBefore, notAfter) - now;
        return left > LongestWait ? LongestWait : left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }

    /// <summary>
    /// True when the device's clock is before the time at which its certificate was made, such as 1970: it cannot tell when that ends.
    /// </summary>
    internal static bool IsBlind(DateTimeOffset notBefore, DateTimeOffset now) => now < notBefore;

    /// <summary>How long until a device whose clock cannot tell renews: ten minutes after its start, and then each day.</summary>
    /// <param name="sinceStart">Time since the agent's start, by a clock that nobody sets.</param>
    /// <param name="sinceGot">Time since it got its certificate; null when it had it already at its start.</param>
    internal static TimeSpan UntilBlind(TimeSpan sinceStart, TimeSpan? sinceGot)
    {
        TimeSpan left = sinceGot is TimeSpan since ? s_blindPeriod - since : s_blindFirst - sinceStart;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private static DateTimeOffset At(DateTimeOffset notBefore, DateTimeOffset notAfter) => notBefore + ((notAfter - notBefore) * 2 / 3);
}
