using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Update;

/// <summary>
/// A new agent that has yet to show that it works. It is on the disk from before the slot is switched until the new agent is
/// accepted or its failure is remembered; the launcher reads it too.
/// </summary>
/// <param name="Previous">Where the agent is that worked.</param>
/// <param name="Candidate">Where the new one is.</param>
/// <param name="Version">The new one's version.</param>
/// <param name="Digest">Its artifact.</param>
/// <param name="WasConnected">The agent that worked was connected when it gave way.</param>
/// <param name="Reason">Why the new one gave up; empty while it has not.</param>
internal sealed record UpdateTrial(
    AgentSlot Previous, AgentSlot Candidate, ReleaseVersion Version, Digest Digest, bool WasConnected, string Reason = "");
