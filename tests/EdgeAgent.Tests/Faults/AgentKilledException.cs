namespace MicroVm.EdgeAgent.Tests.Faults;

/// <summary>The agent is dead from here on. No code of the agent expects it, so nothing is put in order.</summary>
internal sealed class AgentKilledException(string message) : Exception(message);
