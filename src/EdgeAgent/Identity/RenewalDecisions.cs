namespace MicroVm.EdgeAgent.Identity;

/// <summary>When a certificate is renewed: a pure function.</summary>
internal static class RenewalDecisions
{
    /// <summary>Longest wait, so that a clock that is set does not make the device sleep through its certificate's end.</summary>
    internal static TimeSpan LongestWait { get; } = TimeSpan.FromHours(1);

    /// <summary>True after two thirds of its life, or when a newer authority took its issuer's place.</summary>
    internal static bool IsDue(DateTimeOffset notBefore, DateTimeOffset notAfter, bool isOfNewestAuthority, DateTimeOffset now) =>
        !isOfNewestAuthority || now >= At(notBefore, notAfter);

    /// <summary>How long to wait before the next look.</summary>
    internal static TimeSpan Wait(DateTimeOffset notBefore, DateTimeOffset notAfter, DateTimeOffset now)
    {
        TimeSpan left = At(notBefore, notAfter) - now;
        return left > LongestWait ? LongestWait : left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }

    private static DateTimeOffset At(DateTimeOffset notBefore, DateTimeOffset notAfter) => notBefore + ((notAfter - notBefore) * 2 / 3);
}
