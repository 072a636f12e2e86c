namespace MicroVm.Shared.Contracts.Guest;

/// <summary>Why a workload ended.</summary>
public enum GuestExitCause
{
    /// <summary>By itself, or because it was asked to.</summary>
    Ended = 0,

    /// <summary>It could not be started.</summary>
    NotStarted = 1,

    /// <summary>The guest's kernel killed it because the guest had no memory left.</summary>
    OutOfMemory = 2,

    /// <summary>Its liveness probe failed, so that it was ended.</summary>
    LivenessProbeFailed = 3,

    /// <summary>Its start-up probe failed, so that it was ended.</summary>
    StartupProbeFailed = 4,
}
