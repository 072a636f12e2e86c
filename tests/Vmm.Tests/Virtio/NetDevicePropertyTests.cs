using CsCheck;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Net;
using MicroVm.Vmm.Devices.Virtio.Queue;
using static MicroVm.Vmm.Tests.Virtio.NetGuest;

namespace MicroVm.Vmm.Tests.Virtio;

public sealed class NetDevicePropertyTests
{
    /// <summary>The first bytes of RAM, behind no ring and no buffer: nothing may ever be written there.</summary>
    private const int GuardBytes = 0x1000;

    private static readonly Gen<ulong> s_address = Gen.OneOf(
        Gen.Int[0, 64].Select(i => TestDriver.Data + ((ulong)i * 1000)),
        Of(TestDriver.LowEnd - 100, TestDriver.HighStart, TestDriver.HighEnd - 64, ulong.MaxValue - 20, 1UL << 40));

    private static readonly Gen<uint> s_length = Gen.OneOf(Gen.UInt[0, 3000], Of(0u, 11u, 12u, 1536u, 65562u, 65563u, uint.MaxValue));

    private static readonly Gen<Descriptor> s_descriptor = Gen.Select(
        s_address,
        s_length,
        Of<ushort>(0, 1, 2, 2, 2, 3, 3, 4, 6, 7),
        Gen.UShort[0, 17],
        (address, length, flags, next) => new Descriptor { Address = address, Length = length, Flags = flags, Next = next });

    private static readonly Gen<(int Queue, ushort Head, int PacketBytes)> s_step = Gen.Select(Gen.Int[0, 1], Gen.UShort[0, 17], Gen.Int[0, 5000]);

    /// <summary>Whatever chains a guest makes and whatever packets come: no exception, no write where no buffer is, nothing lost in the rings.</summary>
    [Fact]
    public void Chains_OfAnyKind_NeverBreakTheDevice() =>
        Gen.Select(s_descriptor.Array[16], s_descriptor.Array[16], s_step.Array[1, 60], Of(0UL, NetFeature.Offloads, NetFeature.Offloads | VirtioFeature.Ring))
            .Sample((rx, tx, steps, features) => Play([rx, tx], steps, features), iter: 500, threads: 1);

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static void Play(Descriptor[][] tables, (int Queue, ushort Head, int PacketBytes)[] steps, ulong features)
    {
        var backend = new PlayedBackend();
        using TestDriver driver = Start(backend, out GuestQueue[] queues, features);
        for (int i = 0; i < tables.Length; i++)
        {
            for (uint entry = 0; entry < 16; entry++)
            {
                Descriptor d = tables[i][entry];
                queues[i].SetDescriptor(entry, d.Address, d.Length, d.Flags, d.Next);
            }
        }

        foreach ((int queue, ushort head, int bytes) in steps)
        {
            queues[queue].MakeAvailable(head);
            backend.Play(Packet(bytes));
            driver.Notify(queue);
            while (queues[Rx].TakeUsed() is { } used)
            {
                Assert.InRange(used.Head, 0u, 15u);
                Assert.InRange(used.WrittenBytes, 1u, NetHeader.SizeBytes + 5000u);
            }
        }

        Assert.All(backend.Sent, packet => Assert.InRange(packet.Length, NetHeader.SizeBytes + 14, (int)NetDevice.LargestPacketBytes));
        Assert.True(Metrics(driver).RxPackets + Metrics(driver).RxOversized + backend.Waiting <= steps.Length);
        Assert.All(driver.Peek(0, GuardBytes), b => Assert.Equal(0, b));
    }
}
