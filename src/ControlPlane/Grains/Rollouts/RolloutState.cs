namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>What a rollout keeps beside its devices.</summary>
internal sealed record RolloutState
{
    /// <summary>Revision that spreads.</summary>
    public int Revision { get; init; }

    /// <summary>Last good revision before it; 0 when there is none.</summary>
    public int Fallback { get; init; }

    /// <summary>Tells the notes on devices of this try from those of tries before.</summary>
    public int Attempt { get; init; }

    /// <summary>Where it is.</summary>
    public RolloutPhase Phase { get; init; }

    /// <summary>Current wave, from 0.</summary>
    public int Wave { get; init; }

    /// <summary>When this try began.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When the wave began.</summary>
    public DateTimeOffset WaveStartedAt { get; init; }

    /// <summary>When soaking is over.</summary>
    public DateTimeOffset SoakUntil { get; init; }

    /// <summary>When it was complete or rolled back; null before.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>No further device is told.</summary>
    public bool IsPaused { get; init; }

    /// <summary>Why it is paused or went back; one line for people, empty when there is nothing to say.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The next wave may begin.</summary>
    public bool IsApproved { get; init; }

    /// <summary>An operator wants no further waiting between waves.</summary>
    public bool IsPromoted { get; init; }

    /// <summary>Failures up to this moment do not count any more.</summary>
    public DateTimeOffset? ForgivenAt { get; init; }

    /// <summary>Begin of the minute in which <see cref="RateCount"/> devices were told.</summary>
    public DateTimeOffset RateFrom { get; init; }

    /// <summary>Devices told since <see cref="RateFrom"/>.</summary>
    public int RateCount { get; init; }

    /// <summary>True while devices go to the new revision by waves.</summary>
    internal bool IsActive => Phase is RolloutPhase.Progressing or RolloutPhase.Soaking or RolloutPhase.AwaitingApproval;

    /// <summary>True while devices are taken back or were.</summary>
    internal bool IsBack => Phase is RolloutPhase.RollingBack or RolloutPhase.RolledBack;

    /// <summary>Revision that devices end at as it stands; 0 when there is none.</summary>
    internal int Effective => IsBack ? Fallback : Revision;
}
