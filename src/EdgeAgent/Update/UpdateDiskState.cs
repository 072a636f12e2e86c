namespace MicroVm.EdgeAgent.Update;

/// <summary>What the disk says of updates.</summary>
internal sealed record UpdateDiskState
{
    /// <summary>Where the process that looks was started from.</summary>
    public required AgentSlot Running { get; init; }

    /// <summary>What that holds; null for <see cref="AgentSlot.Base"/>.</summary>
    public SlotRelease? RunningRelease { get; init; }

    /// <summary>What the launcher starts next.</summary>
    public required AgentSlot Current { get; init; }

    /// <summary>The trial; null when there is none.</summary>
    public UpdateTrial? Trial { get; init; }

    /// <summary>How often the launcher started the trial's candidate.</summary>
    public int Starts { get; init; }

    /// <summary>The release that failed; null when none did.</summary>
    public FailedRelease? Failed { get; init; }

    /// <summary>What the slot that the next release goes to holds; null when it holds nothing complete.</summary>
    public SlotRelease? Spare { get; init; }

    /// <summary>The slot that the next release goes to: neither the one that runs nor the one that is started next.</summary>
    public AgentSlot SpareSlot => UpdateDecisions.SpareOf(Running, Current);
}
