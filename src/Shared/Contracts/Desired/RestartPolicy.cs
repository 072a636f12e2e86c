namespace MicroVm.Shared.Contracts.Desired;

/// <summary>What the agent does when a workload ends by itself.</summary>
public enum RestartPolicy
{
    /// <summary>Starts it again, whatever its exit code.</summary>
    Always = 0,

    /// <summary>Starts it again after a non-zero exit code or a signal.</summary>
    OnFailure = 1,

    /// <summary>Leaves it ended.</summary>
    Never = 2,
}
