namespace MicroVm.Shared.Contracts.Desired;

/// <summary>What a VM is for.</summary>
public enum WorkloadKind
{
    /// <summary>Runs for as long as it is desired.</summary>
    Service = 0,

    /// <summary>Runs to its end, once or whenever its schedule says.</summary>
    Job = 1,
}
