namespace MicroVm.ControlPlane.Abstractions.Rollouts;

/// <summary>What an operator does to a rollout.</summary>
public enum RolloutVerb
{
    /// <summary>Tells no further device.</summary>
    Pause,

    /// <summary>Goes on, or begins again after a rollback.</summary>
    Resume,

    /// <summary>Ends it: every device goes back to the last good revision.</summary>
    Abort,

    /// <summary>Goes to the last wave at once.</summary>
    Promote,

    /// <summary>Lets the next wave begin.</summary>
    Approve,

    /// <summary>Goes back to the good revision before, also when the rollout is complete.</summary>
    Rollback,
}
