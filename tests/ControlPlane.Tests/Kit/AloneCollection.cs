namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>Tests that measure the process and so run beside no other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    /// <summary>Name of the collection.</summary>
    public const string Name = "alone";
}
