namespace MicroVm.ControlPlane.Abstractions.Rollouts;

/// <summary>What happens to a rollout that fails.</summary>
public enum FailureAction
{
    /// <summary>Every device goes back to the last good revision.</summary>
    Rollback,

    /// <summary>It stops where it is and waits for an operator.</summary>
    Pause,
}
