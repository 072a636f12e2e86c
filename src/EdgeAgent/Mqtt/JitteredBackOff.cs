namespace MicroVm.EdgeAgent.Mqtt;

/// <summary>
/// Delays between attempts to connect: any time up to a bound that begins at one second and doubles to sixty (full jitter),
/// so that a fleet whose gateway comes back does not arrive at once.
/// </summary>
internal static class JitteredBackOff
{
    private const double FirstSeconds = 1;
    private const double LongestSeconds = 60;
    private const int DoublingsToLongest = 6;

    /// <summary>The delay before an attempt.</summary>
    /// <param name="failures">Attempts that failed in a row, from 0.</param>
    /// <param name="fraction">A random number from 0 to 1.</param>
    internal static TimeSpan Delay(int failures, double fraction)
    {
        double bound = failures >= DoublingsToLongest ? LongestSeconds : Math.Min(LongestSeconds, FirstSeconds * (1 << Math.Max(0, failures)));
        return TimeSpan.FromSeconds(bound * fraction);
    }
}
