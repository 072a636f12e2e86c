using MicroVm.ControlPlane.Abstractions.Agents;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Grains.Agents;

/// <summary>Who is to run which agent. Pure.</summary>
internal static class AgentDecisions
{
    /// <summary>What goes into a device's desired state; null when nothing certain is to run, or there is nothing for its architecture.</summary>
    internal static AgentTarget? TargetOf(AgentOrder? order, string architecture) =>
        order?.On(architecture) is AgentArtifact artifact
            ? new AgentTarget(ReleaseVersion.Parse(order.Version), Digest.Parse(artifact.Digest), artifact.SizeBytes, order.AllowDowngrade)
            : null;

    /// <summary>How far a device is.</summary>
    internal static AgentStanding Stand(string device, bool isOnline, Hello? hello, AgentOrder? order, ReportedState? report)
    {
        AgentStanding standing = new(device, isOnline, hello?.Architecture ?? "", hello?.AgentVersion ?? "", order?.Version ?? "", "", "");
        if (order is null)
        {
            return standing;
        }

        if (order.On(standing.Architecture) is not AgentArtifact artifact)
        {
            return standing with
            {
                Phase = nameof(AgentPhase.Refused),
                Message = $"the release has nothing for {(hello is null ? "a device that was never here" : standing.Architecture)}",
            };
        }

        return report?.Agent is AgentStatus said && said.Digest.Value == artifact.Digest
            ? standing with { Phase = said.Phase.ToString(), Message = said.Message }
            : standing with { Phase = AgentStanding.Pending };
    }

    /// <summary>One line about what is wrong with an update; empty when nothing is.</summary>
    internal static string Condition(AgentStanding standing) => standing.Phase is nameof(AgentPhase.Failed) or nameof(AgentPhase.Refused)
        ? $"agent {standing.DesiredVersion}: {standing.Phase.ToLowerInvariant()}: {standing.Message}"
        : "";
}
