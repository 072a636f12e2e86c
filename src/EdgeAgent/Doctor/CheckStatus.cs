namespace MicroVm.EdgeAgent.Doctor;

/// <summary>What a check says.</summary>
internal enum CheckStatus
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>VMs run, but something is missing or will be missed.</summary>
    Warn,

    /// <summary>VMs do not run, or do not start.</summary>
    Fail,
}
