namespace MicroVm.Vmm.Guest.Supervision;

/// <summary>The arrows of <see cref="GuestPhase"/>.</summary>
internal static class PhaseDecisions
{
    /// <summary>The next phase; what does not matter in a phase leaves it as it is.</summary>
    internal static GuestPhase Next(GuestPhase phase, GuestOccurrence occurrence) => (phase, occurrence) switch
    {
        (GuestPhase.AwaitingConfig, GuestOccurrence.Started) => GuestPhase.Running,
        (GuestPhase.AwaitingConfig, GuestOccurrence.CouldNotStart) => GuestPhase.Reporting,
        (GuestPhase.AwaitingConfig, GuestOccurrence.StopAsked) => GuestPhase.PoweringOff,
        (GuestPhase.Running, GuestOccurrence.StopAsked) => GuestPhase.Stopping,
        (GuestPhase.Running or GuestPhase.Stopping, GuestOccurrence.Ended) => GuestPhase.Reporting,
        (GuestPhase.Reporting, GuestOccurrence.Acknowledged or GuestOccurrence.ReportTimedOut) => GuestPhase.PoweringOff,
        _ => phase,
    };
}
