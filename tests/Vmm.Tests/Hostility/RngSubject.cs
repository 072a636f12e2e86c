using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Rng;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Hostility;

/// <summary>The entropy device.</summary>
internal sealed class RngSubject : VirtioSubject
{
    private const uint Bytes = 64;

    internal override ulong Features => 0;

    internal override int[] WorkedQueues => [0];

    internal override int RequestQueue => 0;

    internal override IVirtioDevice MakeDevice(EpollLoop loop) => new RngDevice(new EntropyConfig(), loop);

    internal override (ulong Address, uint Length, bool Writable)[] LayRequest(TestDriver driver, ulong at)
    {
        driver.Poke(at, new byte[Bytes]);
        return [(at, Bytes, true)];
    }

    internal override void AssertServed(TestDriver driver, GuestQueue[] queues, ulong at)
    {
        Assert.Equal(Bytes, queues[0].TakeUsed()!.Value.WrittenBytes);

        // 64 random bytes with fewer than 16 different values would be a wonder.
        Assert.True(driver.Peek(at, (int)Bytes).Distinct().Count() >= 16);
    }
}
