namespace MicroVm.SystemTests.Architectures;

/// <summary>The story's parts with a device of aarch64.</summary>
public sealed class Arm64StoryFixture : StoryFixture
{
    internal override string Architecture => "aarch64";

    internal override string DeviceId => "edge-2";
}
