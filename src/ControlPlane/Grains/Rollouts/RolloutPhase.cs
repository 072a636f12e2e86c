namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>
/// Where a rollout is.
/// <code>
/// Progressing ── wave healthy ──▶ Soaking ── time over ──▶ Complete (last wave)
///      ▲                             │
///      │                             ├──▶ Progressing (next wave)
///      └── approved ── AwaitingApproval ◀┘ (manual approval)
/// any of these three ── threshold, abort ──▶ RollingBack ── all told ──▶ RolledBack ── resume ──▶ Progressing (first wave)
/// </code>
/// Pausing is beside it, so that going on goes on where it was. A new revision begins anew from every phase.
/// </summary>
internal enum RolloutPhase
{
    /// <summary>Devices of the current wave are told and become healthy.</summary>
    Progressing,

    /// <summary>The wave is healthy and has to stay so for a while.</summary>
    Soaking,

    /// <summary>An operator has to let the next wave begin.</summary>
    AwaitingApproval,

    /// <summary>Devices are told to go back.</summary>
    RollingBack,

    /// <summary>Every device was told to go back.</summary>
    RolledBack,

    /// <summary>Every wave is done; devices that were away are told when they come.</summary>
    Complete,
}
