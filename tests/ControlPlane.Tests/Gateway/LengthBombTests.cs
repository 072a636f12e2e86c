using MicroVm.ControlPlane.Tests.Kit;

namespace MicroVm.ControlPlane.Tests.Gateway;

/// <summary>Five bytes that declare 256 MiB. Alone in the process, because it measures the whole heap.</summary>
[Collection(AloneCollection.Name)]
public sealed class LengthBombTests
{
    [Fact]
    public async Task LengthBomb_BeforeConnect_IsCutOffWithoutGrowingTheHeap()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using (RawMqtt warm = await RawMqtt.OpenAsync(controlPlane))
        {
            await warm.SendAsync([0x10, 0xFF, 0xFF, 0xFF, 0x7F]);
            Assert.True(await warm.IsClosedAsync());
        }

        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < 8; i++)
        {
            await using RawMqtt bomb = await RawMqtt.OpenAsync(controlPlane);
            await bomb.SendAsync([0x10, 0xFF, 0xFF, 0xFF, 0x7F]);
            Assert.True(await bomb.IsClosedAsync());
        }

        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.True(allocated < 8 << 20, $"8 declared lengths of 256 MiB: expected under 8 MiB allocated, found {allocated}");
        Assert.Equal(9, controlPlane.Counters.PacketsOversized);
    }
}
