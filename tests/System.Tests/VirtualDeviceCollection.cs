namespace MicroVm.SystemTests;

/// <summary>Tests that boot a virtual device of their own, one class at a time: two emulated hosts side by side are slow enough to miss limits.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class VirtualDeviceCollection
{
    internal const string Name = "virtual devices";
}
