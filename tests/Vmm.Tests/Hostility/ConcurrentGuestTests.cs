using System.Buffers.Binary;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Memory;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Hostility;

/// <summary>
/// Several vCPUs at a device at once, while the loop works its queues: registers, resets and doorbells from three threads, and a fourth
/// that rewrites rings, descriptors and headers under the device's hands. Which interleavings come about differs from run to run; what
/// must hold does not.
/// </summary>
public sealed class ConcurrentGuestTests
{
    private const int RegisterThreads = 3;
    private const int WritesPerThread = 3000;
    private const ushort QueueSize = 16;
    private const ulong Requests = TestDriver.Data;

    private static readonly uint[] s_registers =
    [
        MmioRegister.Status, MmioRegister.QueueSelect, MmioRegister.QueueSize, MmioRegister.QueueReady, MmioRegister.QueueNotify,
        MmioRegister.QueueNotify, MmioRegister.QueueNotify, MmioRegister.InterruptAck, MmioRegister.DriverFeatures, MmioRegister.QueueDeviceLow,
        MmioRegister.Config + 4,
    ];

    public static TheoryData<string> Devices => [.. VirtioSubject.Kinds];

    [Theory]
    [MemberData(nameof(Devices))]
    public async Task Registers_ByManyThreadsWhileQueuesAreWorked_LeaveADeviceThatServes(string kind)
    {
        using VirtioSubject subject = VirtioSubject.Make(kind);
        using TestDriver driver = new(subject.MakeDevice);
        GuestQueue[] queues = driver.Start(subject.Features | VirtioFeature.Ring, QueueSize);
        Task[] guests =
        [
            .. Enumerable.Range(0, RegisterThreads).Select(seed => Task.Run(() => WriteRegisters(driver, subject, seed))),
            Task.Run(() => RewriteMemory(driver, subject, queues)),
        ];
        Task all = Task.WhenAll(guests);
        for (byte i = 0; !all.IsCompleted; i++)
        {
            driver.Loop.RunOnce(0);
            if (i == 0)
            {
                subject.HostEvent(driver, (byte)Random.Shared.Next());
            }
        }

        await all;
        driver.Pump();
        Assert.InRange(driver.Log.Count, 0, FaultLog.LinesPerInterval);
        Assert.True(driver.Transport.Metrics.Resets > 1);
        subject.AssertRecovers(driver);
    }

    // The driver of the tests remembers nothing between writes, so that threads can share it as vCPUs share a device.
    private static void WriteRegisters(TestDriver driver, VirtioSubject subject, int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < WritesPerThread; i++)
        {
            switch (random.Next(40))
            {
                case 0:
                    StartAgain(driver, subject);
                    break;
                case 1:
                    driver.Write(MmioRegister.Status, (uint)random.Next(256));
                    break;
                default:
                    uint register = s_registers[random.Next(s_registers.Length)];
                    driver.Write(register, register == MmioRegister.Status ? 15u : (uint)random.Next(5));
                    driver.Read(MmioRegister.InterruptStatus);
                    driver.Read(MmioRegister.Config);
                    break;
            }
        }
    }

    // Without clearing the rings: another thread may be starting the device as well.
    private static void StartAgain(TestDriver driver, VirtioSubject subject)
    {
        driver.Negotiate(subject.Features | VirtioFeature.Ring);
        for (int i = 0; i < driver.Device.QueueMaxSizes.Length; i++)
        {
            var queue = new GuestQueue(driver.Memory, (ulong)(i + 1) * 0x10000, QueueSize);
            driver.SetUpQueue(i, QueueSize, queue.DescriptorTable, queue.AvailableRing, queue.UsedRing);
        }

        driver.SetStatus(DeviceStatus.Acknowledge | DeviceStatus.Driver | DeviceStatus.FeaturesOk | DeviceStatus.DriverOk);
    }

    private static void RewriteMemory(TestDriver driver, VirtioSubject subject, GuestQueue[] queues)
    {
        var random = new Random(99);
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (int i = 0; i < RegisterThreads * WritesPerThread; i++)
        {
            GuestQueue queue = queues[random.Next(queues.Length)];
            uint index = (uint)random.Next(QueueSize);
            switch (random.Next(6))
            {
                case 0:
                    queue.SetChain((uint)random.Next(QueueSize - 3), subject.LayVariant(driver, Requests + (index * 0x2000), (byte)random.Next(256))[..1]);
                    break;
                case 1:
                    queue.SetDescriptor(index, Requests + (index * 0x200), (uint)random.Next(2048), (ushort)random.Next(4), (ushort)random.Next(QueueSize));
                    break;
                case 2:
                    queue.SetDescriptor(index, ulong.MaxValue - 8, uint.MaxValue, Descriptor.FlagWrite);
                    break;
                case 3:
                    BinaryPrimitives.WriteUInt64LittleEndian(word, (ulong)random.NextInt64());
                    driver.Memory.TryWrite(new GuestAddress(Requests + (ulong)random.Next(0x8000)), word);
                    break;
                default:
                    queue.MakeAvailable((ushort)random.Next(QueueSize));
                    break;
            }
        }
    }
}
