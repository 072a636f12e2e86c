namespace MicroVm.Vmm.Guest.Supervision;

/// <summary>
/// What init is doing.
/// <code>
///                 Started             StopAsked
/// AwaitingConfig ─────────► Running ────────────► Stopping
///   │       │                  │                     │
///   │       │ CouldNotStart    │ Ended               │ Ended
///   │       └──────────────────┴────► Reporting ◄────┘
///   │ StopAsked                           │ Acknowledged, ReportTimedOut
///   └─────────────────────────────► PoweringOff
/// </code>
/// </summary>
internal enum GuestPhase
{
    /// <summary>No workload yet.</summary>
    AwaitingConfig,

    /// <summary>The workload runs.</summary>
    Running,

    /// <summary>The workload was asked to end.</summary>
    Stopping,

    /// <summary>The workload is over and the agent may not know it yet.</summary>
    Reporting,

    /// <summary>The end.</summary>
    PoweringOff,
}
