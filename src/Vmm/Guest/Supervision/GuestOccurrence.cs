namespace MicroVm.Vmm.Guest.Supervision;

/// <summary>What moves init from one <see cref="GuestPhase"/> to the next.</summary>
internal enum GuestOccurrence
{
    /// <summary>The exec stage was started.</summary>
    Started,

    /// <summary>The configuration cannot be run.</summary>
    CouldNotStart,

    /// <summary>The workload's process is gone.</summary>
    Ended,

    /// <summary>Agent, power button or signal asks for the end.</summary>
    StopAsked,

    /// <summary>The agent knows the exit code.</summary>
    Acknowledged,

    /// <summary>The agent was given its time.</summary>
    ReportTimedOut,
}
