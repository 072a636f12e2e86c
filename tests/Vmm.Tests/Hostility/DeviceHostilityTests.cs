using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Hostility;

/// <summary>
/// What a guest may do wrong with a queue, done to every queue of every device type. The outcome is always the same: NEEDS_RESET, the
/// fault counted and named in one log line, the guest told, and a device that serves again after a reset.
/// </summary>
public sealed class DeviceHostilityTests
{
    private const ulong Data = TestDriver.Data;
    private const ushort QueueSize = 16;
    private const uint GigabyteBytes = 1 << 30;
    private const ushort Next = Descriptor.FlagNext;
    private const ushort Write = Descriptor.FlagWrite;
    private const ushort Indirect = Descriptor.FlagIndirect;

    /// <summary>Each way to break a queue, by name: it makes something available in the queue.</summary>
    private static readonly Dictionary<string, (GuestFault Fault, Action<GuestQueue> Break)> s_classes = new()
    {
        ["available index one further than the queue"] = (GuestFault.AvailableIndexJump, q => q.SetAvailableIndex(QueueSize + 1)),
        ["available index backwards"] = (GuestFault.AvailableIndexJump, q => q.SetAvailableIndex(ushort.MaxValue)),
        ["head outside the table"] = (GuestFault.DescriptorIndex, q => q.MakeAvailable(QueueSize)),
        ["head 0xffff"] = (GuestFault.DescriptorIndex, q => q.MakeAvailable(ushort.MaxValue)),
        ["next outside the table"] = (GuestFault.DescriptorIndex, q => Offer(q, (Data, 8, Next | Write, QueueSize))),
        ["chain that is its own next"] = (GuestFault.ChainTooLong, q => Offer(q, (Data, 8, Next | Write, 0))),
        ["chain that loops"] = (GuestFault.ChainTooLong, q => Offer(q, (Data, 8, Next | Write, 1), (Data, 8, Next | Write, 2), (Data, 8, Next | Write, 0))),
        ["chain of 2^32 bytes"] = (GuestFault.ChainTooLarge, q => Offer(q, [.. Enumerable.Range(1, 5).Select(i => (TestDriver.HighStart, GigabyteBytes, (ushort)(Next | Write), (ushort)i))])),
        ["buffer across the hole"] = (GuestFault.BufferOutsideMemory, q => Offer(q, (TestDriver.LowEnd - 8, 16, Write, 0))),
        ["buffer in the hole"] = (GuestFault.BufferOutsideMemory, q => Offer(q, (TestDriver.LowEnd, 1, Write, 0))),
        ["buffer across the end of memory"] = (GuestFault.BufferOutsideMemory, q => Offer(q, (TestDriver.HighStart + GigabyteBytes - 8, 16, Write, 0))),
        ["buffer whose end wraps, CVE-2019-18960"] = (GuestFault.BufferOutsideMemory, q => Offer(q, (ulong.MaxValue - 7, 16, Write, 0))),
        ["buffer of 4 GiB less one byte"] = (GuestFault.BufferOutsideMemory, q => Offer(q, (Data, uint.MaxValue, Write, 0))),
        ["readable buffer behind a writable one"] = (GuestFault.ReadableAfterWritable, q => Offer(q, (Data, 8, Next | Write, 1), (Data, 8, 0, 0))),
        ["indirect table in an indirect table"] = (GuestFault.IndirectTable, q =>
        {
            q.SetDescriptorAt(Data, 0, Data, 16, Indirect);
            Offer(q, (Data, 16, Indirect, 0));
        }),
        ["indirect table with a next"] = (GuestFault.IndirectTable, q => Offer(q, (Data, 16, Indirect | Next, 1))),
        ["indirect table of no entry"] = (GuestFault.IndirectTable, q => Offer(q, (Data, 0, Indirect, 0))),
        ["indirect table of half an entry"] = (GuestFault.IndirectTable, q => Offer(q, (Data, 24, Indirect, 0))),
        ["indirect table across the hole"] = (GuestFault.IndirectTable, q => Offer(q, (TestDriver.LowEnd - 16, 32, Indirect, 0))),
        ["indirect table that loops"] = (GuestFault.ChainTooLong, q =>
        {
            q.SetDescriptorAt(Data, 0, Data, 8, Next | Write, 0);
            Offer(q, (Data, 16, Indirect, 0));
        }),
    };

    /// <summary>Every class against every device.</summary>
    public static MatrixTheoryData<string, string> Everything => new(VirtioSubject.Kinds, s_classes.Keys);

    /// <summary>Every device type.</summary>
    public static TheoryData<string> Devices => [.. VirtioSubject.Kinds];

    [Theory]
    [MemberData(nameof(Everything))]
    public void Queue_BrokenByTheGuest_NeedsResetAndServesAfterwards(string kind, string name)
    {
        (GuestFault fault, Action<GuestQueue> breakIt) = s_classes[name];
        using VirtioSubject subject = VirtioSubject.Make(kind);
        foreach (int queue in subject.WorkedQueues)
        {
            using TestDriver driver = new(subject.MakeDevice, GigabyteBytes);
            GuestQueue[] queues = driver.Start(subject.Features | VirtioFeature.Ring, QueueSize);
            breakIt(queues[queue]);
            subject.Provoke(driver, queues, queue);
            AssertStopped(driver, fault);

            // Whatever else comes before the reset changes nothing.
            driver.Notify(queue);
            Assert.Equal(1, driver.Transport.Metrics.GuestFaults);
            subject.AssertRecovers(driver);
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Queue_BrokenInALoop_LogsAFewLinesCountsAllAndKeepsNothing(string kind)
    {
        const int rounds = 500;
        using VirtioSubject subject = VirtioSubject.Make(kind);
        using TestDriver driver = new(subject.MakeDevice);
        for (int i = 0; i < rounds; i++)
        {
            GuestQueue[] queues = driver.Start(subject.Features, QueueSize);
            queues[subject.RequestQueue].SetAvailableIndex(1000);
            driver.Notify(subject.RequestQueue);
            Assert.True(driver.NeedsReset);
        }

        Assert.Equal(rounds, driver.Transport.Metrics.GuestFaults);
        Assert.Equal(FaultLog.LinesPerInterval, driver.Log.Count);
        subject.AssertRecovers(driver);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void QueueRegisters_AfterDriverOk_Cve20265747_ChangeNothing(string kind)
    {
        using VirtioSubject subject = VirtioSubject.Make(kind);
        using TestDriver driver = new(subject.MakeDevice);
        GuestQueue[] queues = driver.Start(subject.Features);
        for (int i = 0; i < queues.Length; i++)
        {
            driver.SetUpQueue(i, 256, TestDriver.HighEnd - 16, ulong.MaxValue, 3);
        }

        Assert.True(driver.Transport.Metrics.RefusedWrites >= queues.Length * 8);
        queues[subject.RequestQueue].Offer(0, subject.LayRequest(driver, Data));
        driver.Notify(subject.RequestQueue);
        VirtioSubject.Await(driver, () => queues[subject.RequestQueue].UsedIndex == 1);
        subject.AssertServed(driver, queues, Data);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void QueueSize_ZeroOrNoPowerOfTwoOrOverTheMaximum_NeedsReset(string kind)
    {
        using VirtioSubject subject = VirtioSubject.Make(kind);
        using TestDriver driver = new(subject.MakeDevice);
        foreach (uint size in (uint[])[0, 3, 255, 257, 512, 0x8000, 0x10000, 0x10010, uint.MaxValue])
        {
            driver.Negotiate(subject.Features | VirtioFeature.Version1);
            for (int i = 0; i < driver.Device.QueueMaxSizes.Length; i++)
            {
                GuestQueue queue = driver.SetUpQueue(i, QueueSize);
                driver.Write(MmioRegister.QueueReady, 0);
                driver.SetUpQueue(i, i == subject.RequestQueue ? size : QueueSize, queue.DescriptorTable, queue.AvailableRing, queue.UsedRing);
            }

            driver.SetStatus(DeviceStatus.Acknowledge | DeviceStatus.Driver | DeviceStatus.FeaturesOk | DeviceStatus.DriverOk);
            driver.Pump();
            Assert.True(driver.NeedsReset, $"size {size}");
            Assert.Equal(2u, driver.Read(MmioRegister.InterruptStatus) & 2);
        }

        subject.AssertRecovers(driver);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void QueueSelect_EveryValueTo0xFFFF_ReadsNoQueueAndConfiguresNone(string kind)
    {
        using VirtioSubject subject = VirtioSubject.Make(kind);
        using TestDriver driver = new(subject.MakeDevice);
        driver.Negotiate(subject.Features | VirtioFeature.Version1);
        int count = driver.Device.QueueMaxSizes.Length;
        for (uint select = 0; select <= ushort.MaxValue; select++)
        {
            driver.Write(MmioRegister.QueueSelect, select);
            Assert.Equal(select < count, driver.Read(MmioRegister.QueueSizeMax) != 0);
            driver.Write(MmioRegister.QueueSize, 8);
            driver.Write(MmioRegister.QueueNotify, select);
        }

        Assert.Equal(ushort.MaxValue + 1 - count, driver.Transport.Metrics.RefusedWrites);
        driver.Pump();
        subject.AssertRecovers(driver);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Status_AnyByteAtAnyMoment_LeavesADeviceThatStartsAgain(string kind)
    {
        using VirtioSubject subject = VirtioSubject.Make(kind);
        using TestDriver driver = new(subject.MakeDevice);
        for (uint status = 1; status <= byte.MaxValue; status++)
        {
            GuestQueue[] queues = driver.Start(subject.Features);
            queues[subject.RequestQueue].Offer(0, subject.LayRequest(driver, Data));
            driver.Write(MmioRegister.QueueNotify, (uint)subject.RequestQueue);
            driver.Write(MmioRegister.Status, status);
            driver.Pump();
            Assert.Equal((status & 0x80) != 0, (driver.Status & DeviceStatus.Failed) != 0);
            Assert.True((driver.Status & DeviceStatus.DriverOk) != 0);
        }

        subject.AssertRecovers(driver);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Access_EveryOffsetAndSize_IsHarmlessAtEveryStage(string kind)
    {
        using VirtioSubject subject = VirtioSubject.Make(kind);
        using TestDriver driver = new(subject.MakeDevice);
        Span<byte> data = stackalloc byte[8];
        for (int stage = 0; stage < 2; stage++)
        {
            for (uint offset = 0; offset <= VirtioMmioDevice.WindowBytes; offset++)
            {
                foreach (int size in (int[])[1, 2, 4, 8])
                {
                    data.Fill(0xff);
                    driver.Transport.Read(offset, data[..size]);
                    data.Fill((byte)offset);
                    driver.Transport.Write(offset, data[..size]);
                }
            }

            // The second stage finds the device running.
            driver.Pump();
            subject.AssertRecovers(driver);
        }
    }

    private static void Offer(GuestQueue queue, params (ulong Address, uint Length, ushort Flags, ushort Next)[] descriptors)
    {
        for (uint i = 0; i < descriptors.Length; i++)
        {
            queue.SetDescriptor(i, descriptors[i].Address, descriptors[i].Length, descriptors[i].Flags, descriptors[i].Next);
        }

        queue.MakeAvailable(0);
    }

    private static void AssertStopped(TestDriver driver, GuestFault fault)
    {
        Assert.True(driver.NeedsReset);
        Assert.Equal(1, driver.Transport.Metrics.GuestFaults);
        Assert.Contains($"{driver.Device.Name}: guest fault {fault};", Assert.Single(driver.Log), StringComparison.Ordinal);
        Assert.Equal(2u, driver.Read(MmioRegister.InterruptStatus) & 2);
        Assert.True(driver.Interrupt.Edges > 0);
    }
}
