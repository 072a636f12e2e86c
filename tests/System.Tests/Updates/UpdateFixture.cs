using MicroVm.TestKit;

namespace MicroVm.SystemTests.Updates;

/// <summary>The story's device, on which a new agent has less time to show that it works.</summary>
public sealed class UpdateFixture : StoryFixture
{
    internal const int GateSeconds = 60;

    internal override string DeviceId => "edge-update";

    /// <summary>Where releases are made.</summary>
    internal string Folder { get; private set; } = "";

    /// <inheritdoc/>
    internal override VirtualDeviceOptions Adjust(VirtualDeviceOptions options)
    {
        Folder = options.Results;
        return base.Adjust(options) with { KernelArguments = $"mvm.update={GateSeconds},3" };
    }
}
