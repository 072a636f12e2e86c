namespace MicroVm.Vmm.Guest;

/// <summary>The version that the agent is told: that of the assembly, as a constant because reading it back needs reflection.</summary>
internal static class InitVersion
{
    internal const string Text = "0.1.0";
}
