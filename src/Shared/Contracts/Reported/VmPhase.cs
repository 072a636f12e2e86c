namespace MicroVm.Shared.Contracts.Reported;

/// <summary>Where a VM is in its life on the device.</summary>
public enum VmPhase
{
    /// <summary>Known, nothing done yet.</summary>
    Pending = 0,

    /// <summary>Its image is being downloaded and verified.</summary>
    Fetching = 1,

    /// <summary>The VMM runs; the workload has not started yet.</summary>
    Starting = 2,

    /// <summary>The workload runs.</summary>
    Running = 3,

    /// <summary>It was asked to stop.</summary>
    Stopping = 4,

    /// <summary>The workload ended and is not to be started again.</summary>
    Completed = 5,

    /// <summary>It ended or could not start and is tried again after a delay.</summary>
    BackOff = 6,

    /// <summary>It cannot run; only a changed specification is tried again.</summary>
    Failed = 7,
}
