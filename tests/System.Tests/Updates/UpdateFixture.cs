using MicroVm.TestKit;

namespace MicroVm.SystemTests.Updates;

/// <summary>The story's device, on which a new agent has less time to show that it works.</summary>
public sealed class UpdateFixture : StoryFixture
{
    internal const int GateSeconds = 60;

    internal override string DeviceId => "edge-update";

    /// <inheritdoc/>
    internal override VirtualDeviceOptions Adjust(VirtualDeviceOptions options) =>
        base.Adjust(options) with { KernelArguments = $"mvm.update={GateSeconds},3" };
}
