namespace MicroVm.SystemTests.Workloads;

/// <summary>The same on a device of aarch64.</summary>
public sealed class Arm64WorkloadFixture : WorkloadFixture
{
    internal override string Architecture => "aarch64";

    internal override string DeviceId => "edge-4";
}
