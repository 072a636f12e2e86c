namespace MicroVm.EdgeAgent.Reconcile;

/// <summary>
/// How long to wait after failures in a row: up to a bound of 1 s, doubling, at most 5 minutes, and at least half of it, so that a fleet
/// whose VMs failed together does not try again together.
/// </summary>
internal static class BackOff
{
    /// <summary>Longest delay.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>A run of this length ends a row of failures.</summary>
    internal static readonly TimeSpan ResetAfter = TimeSpan.FromMinutes(10);

    private const int DoublingsToLongest = 9;

    /// <summary>Delay after the given number of failures in a row; none after none.</summary>
    /// <param name="failures">Failures in a row.</param>
    /// <param name="fraction">A random number from 0 to 1: how much of the second half of the bound is waited.</param>
    internal static TimeSpan Delay(int failures, double fraction) => Bound(failures) * ((1 + fraction) / 2);

    /// <summary>Longest delay after the given number of failures in a row.</summary>
    internal static TimeSpan Bound(int failures) => failures switch
    {
        <= 0 => TimeSpan.Zero,
        > DoublingsToLongest => Longest,
        _ => TimeSpan.FromSeconds(1 << (failures - 1)),
    };
}
