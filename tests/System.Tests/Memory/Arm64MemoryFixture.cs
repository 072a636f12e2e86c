using MicroVm.TestKit;

namespace MicroVm.SystemTests.Memory;

/// <summary>Two VMs of 96 to 256 MiB on a device of aarch64 that has memory for one of them at its most.</summary>
public sealed class Arm64MemoryFixture : MemoryFixture
{
    internal override string DeviceId => "edge-8";

    internal override MemoryLoadOptions Options { get; } = new()
    {
        Architecture = "aarch64", Vms = 2, AtTheirMost = 1, MinMib = 96, MaxMib = 256, LoadMib = 56, LoadedMib = 112, DeviceMib = 1024,
    };
}
