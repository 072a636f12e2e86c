namespace MicroVm.TestKit;

/// <summary>Something did not happen in time. The message names the phase, the limit and the last that was seen.</summary>
public sealed class PhaseTimeoutException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="phase">What was waited for.</param>
    /// <param name="limit">How long.</param>
    /// <param name="lastSeen">The last thing that was seen instead.</param>
    public PhaseTimeoutException(string phase, TimeSpan limit, string lastSeen)
        : base($"{phase}: not within {limit.TotalSeconds:F0} s; last seen: {lastSeen}")
    {
        Phase = phase;
    }

    /// <summary>What was waited for.</summary>
    public string Phase { get; }
}
