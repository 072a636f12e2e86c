using MicroVm.TestKit;

namespace MicroVm.SystemTests.Memory;

/// <summary>Memory that moves between VMs on the other architecture.</summary>
public sealed class Arm64MemoryTests(Arm64MemoryFixture device) : IClassFixture<Arm64MemoryFixture>
{
    [Fact]
    public Task Load_MovesBetweenVms_GetsItsMemoryAndNobodyEnds() => MemoryStory.LoadMovesAsync(device, first: 0, next: 1);
}
