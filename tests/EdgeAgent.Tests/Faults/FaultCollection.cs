namespace MicroVm.EdgeAgent.Tests.Faults;

/// <summary>Tests that end agents at points which all agents of this process have: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FaultCollection
{
    internal const string Name = "faults";
}
