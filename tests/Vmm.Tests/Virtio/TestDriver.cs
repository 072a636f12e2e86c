using System.Buffers.Binary;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>
/// A guest's driver written by hand: RAM with a hole in it, a device behind its virtio-mmio window, and the registers.
/// RAM is [0, 4 MiB) and [8 MiB, 12 MiB).
/// </summary>
internal sealed class TestDriver : IDisposable
{
    internal const ulong LowEnd = 4 << 20;
    internal const ulong HighStart = 8 << 20;
    internal const ulong HighEnd = 12 << 20;

    /// <summary>Where tests put their buffers; the rings are below.</summary>
    internal const ulong Data = 1 << 20;

    /// <summary>As many as the largest ring of the largest queue takes.</summary>
    private static readonly byte[] s_zeros = new byte[256 * 16];

    private readonly List<string> _log = [];

    /// <param name="makeDevice">Makes the device on the driver's loop.</param>
    /// <param name="highBytes">RAM from <see cref="HighStart"/>; a test that asks for much of it touches little.</param>
    internal TestDriver(Func<EpollLoop, IVirtioDevice> makeDevice, ulong highBytes = HighEnd - HighStart)
    {
        Memory = new GuestMemory([new(new(0), LowEnd, 0), new(new(HighStart), highBytes, LowEnd)]);
        Device = makeDevice(Loop);
        Transport = new VirtioMmioDevice(Device, Memory, Interrupt, Loop, _log.Add);
    }

    internal EpollLoop Loop { get; } = new();

    internal GuestMemory Memory { get; }

    internal IVirtioDevice Device { get; }

    internal CountingInterruptLine Interrupt { get; } = new();

    internal VirtioMmioDevice Transport { get; }

    internal IReadOnlyList<string> Log => _log;

    internal DeviceStatus Status => (DeviceStatus)Read(MmioRegister.Status);

    internal bool NeedsReset => (Status & DeviceStatus.NeedsReset) != 0;

    /// <summary>Everything a well-behaved driver does up to DRIVER_OK.</summary>
    internal static TestDriver Start(Func<EpollLoop, IVirtioDevice> makeDevice, out GuestQueue[] queues, ulong features = 0, ushort queueSize = 16)
    {
        var driver = new TestDriver(makeDevice);
        queues = driver.Start(features, queueSize);
        return driver;
    }

    internal GuestQueue[] Start(ulong features = 0, ushort queueSize = 16)
    {
        Negotiate(features | VirtioFeature.Version1);
        var queues = new GuestQueue[Device.QueueMaxSizes.Length];
        for (int i = 0; i < queues.Length; i++)
        {
            queues[i] = SetUpQueue(i, queueSize);
        }

        SetStatus(DeviceStatus.Acknowledge | DeviceStatus.Driver | DeviceStatus.FeaturesOk | DeviceStatus.DriverOk);
        Pump();
        return queues;
    }

    internal void Negotiate(ulong features)
    {
        SetStatus(0);
        SetStatus(DeviceStatus.Acknowledge);
        SetStatus(DeviceStatus.Acknowledge | DeviceStatus.Driver);
        Write(MmioRegister.DriverFeaturesSelect, 0);
        Write(MmioRegister.DriverFeatures, (uint)features);
        Write(MmioRegister.DriverFeaturesSelect, 1);
        Write(MmioRegister.DriverFeatures, (uint)(features >> 32));
        SetStatus(DeviceStatus.Acknowledge | DeviceStatus.Driver | DeviceStatus.FeaturesOk);
    }

    internal GuestQueue SetUpQueue(int index, ushort size)
    {
        var queue = new GuestQueue(Memory, (ulong)(index + 1) * 0x10000, size);
        foreach (ulong ring in (ulong[])[queue.DescriptorTable, queue.AvailableRing, queue.UsedRing])
        {
            Poke(ring, s_zeros);
        }

        SetUpQueue(index, size, queue.DescriptorTable, queue.AvailableRing, queue.UsedRing);
        return queue;
    }

    internal void SetUpQueue(int index, uint size, ulong descriptors, ulong available, ulong used)
    {
        Write(MmioRegister.QueueSelect, (uint)index);
        Write(MmioRegister.QueueSize, size);
        Write(MmioRegister.QueueDescLow, (uint)descriptors);
        Write(MmioRegister.QueueDescHigh, (uint)(descriptors >> 32));
        Write(MmioRegister.QueueDriverLow, (uint)available);
        Write(MmioRegister.QueueDriverHigh, (uint)(available >> 32));
        Write(MmioRegister.QueueDeviceLow, (uint)used);
        Write(MmioRegister.QueueDeviceHigh, (uint)(used >> 32));
        Write(MmioRegister.QueueReady, 1);
    }

    internal void SetStatus(DeviceStatus status) => Write(MmioRegister.Status, (uint)status);

    internal void Write(uint register, uint value)
    {
        Span<byte> data = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        Transport.Write(register, data);
    }

    internal uint Read(uint register)
    {
        Span<byte> data = stackalloc byte[4];
        Transport.Read(register, data);
        return BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    /// <summary>Rings a queue's doorbell and lets the loop serve it.</summary>
    internal void Notify(int queue)
    {
        Write(MmioRegister.QueueNotify, (uint)queue);
        Pump();
    }

    /// <summary>Lets the loop serve what is ready now, without waiting. Rounds, because serving one thing may make another ready.</summary>
    internal void Pump(int rounds = 8)
    {
        for (int i = 0; i < rounds; i++)
        {
            Loop.RunOnce(0);
        }
    }

    internal void Poke(ulong address, ReadOnlySpan<byte> bytes) => Assert.True(Memory.TryWrite(new GuestAddress(address), bytes));

    internal byte[] Peek(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        Assert.True(Memory.TryRead(new GuestAddress(address), bytes));
        return bytes;
    }

    public void Dispose()
    {
        Transport.Dispose();
        Memory.Dispose();
        Loop.Dispose();
    }
}
