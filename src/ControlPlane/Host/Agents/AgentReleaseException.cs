namespace MicroVm.ControlPlane.Host.Agents;

/// <summary>What was pushed is no release of the agent that can be kept.</summary>
/// <param name="message">What was expected and what was found.</param>
/// <param name="isConflict">There is such a release already, and it is another one.</param>
internal sealed class AgentReleaseException(string message, bool isConflict = false) : Exception(message)
{
    /// <summary>There is such a release already, and it is another one.</summary>
    public bool IsConflict { get; } = isConflict;
}
