namespace MicroVm.EdgeAgent.Update;

/// <summary>Where an agent's files are.</summary>
internal enum AgentSlot
{
    /// <summary>The package that the device was set up with; never written to.</summary>
    Base,

    /// <summary>The one slot.</summary>
    A,

    /// <summary>The other.</summary>
    B,
}
