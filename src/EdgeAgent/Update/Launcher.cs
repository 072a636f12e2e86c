namespace MicroVm.EdgeAgent.Update;

/// <summary>What <c>microvm-launch</c> tells the agent that it starts.</summary>
internal static class Launcher
{
    private const string Variable = "MICROVM_SLOT";

    /// <summary>Slot that this process was started from; null when no launcher started it.</summary>
    internal static AgentSlot? Slot { get; } = SlotText.SlotNamed(Environment.GetEnvironmentVariable(Variable));
}
