namespace MicroVm.EdgeAgent.Reconcile;

/// <summary>How long to wait after failures in a row: 1 s, doubling, at most 5 minutes.</summary>
internal static class BackOff
{
    /// <summary>Longest delay.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>A run of this length ends a row of failures.</summary>
    internal static readonly TimeSpan ResetAfter = TimeSpan.FromMinutes(10);

    private const int DoublingsToLongest = 9;

    /// <summary>Delay after the given number of failures in a row; none after none.</summary>
    internal static TimeSpan Delay(int failures) => failures switch
    {
        <= 0 => TimeSpan.Zero,
        > DoublingsToLongest => Longest,
        _ => TimeSpan.FromSeconds(1 << (failures - 1)),
    };
}
