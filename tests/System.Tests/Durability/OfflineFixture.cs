namespace MicroVm.SystemTests.Durability;

/// <summary>The story's device, whose network and clock are taken away.</summary>
public sealed class OfflineFixture : StoryFixture
{
    internal override string DeviceId => "edge-alone";
}
