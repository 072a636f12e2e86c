using MicroVm.Vmm.Guest.Supervision;

namespace MicroVm.Vmm.Tests.Guest;

public class PhaseDecisionsTests
{
    // Every pair that changes the phase; all others must not.
    private static readonly Dictionary<(GuestPhase, GuestOccurrence), GuestPhase> s_arrows = new()
    {
        [(GuestPhase.AwaitingConfig, GuestOccurrence.Started)] = GuestPhase.Running,
        [(GuestPhase.AwaitingConfig, GuestOccurrence.CouldNotStart)] = GuestPhase.Reporting,
        [(GuestPhase.AwaitingConfig, GuestOccurrence.StopAsked)] = GuestPhase.PoweringOff,
        [(GuestPhase.Running, GuestOccurrence.StopAsked)] = GuestPhase.Stopping,
        [(GuestPhase.Running, GuestOccurrence.Ended)] = GuestPhase.Reporting,
        [(GuestPhase.Stopping, GuestOccurrence.Ended)] = GuestPhase.Reporting,
        [(GuestPhase.Reporting, GuestOccurrence.Acknowledged)] = GuestPhase.PoweringOff,
        [(GuestPhase.Reporting, GuestOccurrence.ReportTimedOut)] = GuestPhase.PoweringOff,
    };

    [Fact]
    public void Next_EveryPair_FollowsTheDiagram()
    {
        foreach (GuestPhase phase in Enum.GetValues<GuestPhase>())
        {
            foreach (GuestOccurrence occurrence in Enum.GetValues<GuestOccurrence>())
            {
                GuestPhase expected = s_arrows.GetValueOrDefault((phase, occurrence), phase);
                Assert.Equal((phase, occurrence, expected), (phase, occurrence, PhaseDecisions.Next(phase, occurrence)));
            }
        }
    }
}
