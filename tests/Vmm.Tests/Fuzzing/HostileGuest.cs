using System.Buffers.Binary;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Tests.Hostility;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Fuzzing;

/// <summary>
/// Plays a guest's actions against one device and checks what must hold whatever they were: nothing is thrown, nothing outside the
/// buffers changes, a stopped device was counted and logged in few lines, what is allocated is bounded, and a driver that resets the
/// device gets it to work.
/// </summary>
internal sealed class HostileGuest : IDisposable
{
    /// <summary>RAM next to the hole, which no buffer of the generator covers.</summary>
    private const int CanaryBytes = 0x1000;
    private const byte Canary = 0xa5;
    private const ulong IndirectTables = TestDriver.Data + 0x6_0000;
    private const ushort QueueSize = 16;

    /// <summary>Bytes per action that the device may allocate: a connection of vsock is the dearest thing a guest can have made.</summary>
    private const long AllocationPerAction = 4096;
    private const long AllocationFloor = 128 * 1024;

    private readonly VirtioSubject _subject;
    private readonly TestDriver _driver;
    private readonly ulong _features;
    private GuestQueue[] _queues;
    private long _allocated;

    private HostileGuest(VirtioSubject subject, ulong ringFeatures)
    {
        _subject = subject;
        _driver = new TestDriver(subject.MakeDevice);
        _features = subject.Features | ringFeatures;
        FillCanaries();
        _queues = _driver.Start(_features, QueueSize);
    }

    /// <summary>Plays one sequence from the making of the device to its end.</summary>
    internal static void Play(string kind, ulong ringFeatures, ReadOnlySpan<GuestAction> actions)
    {
        using VirtioSubject subject = VirtioSubject.Make(kind);
        using HostileGuest guest = new(subject, ringFeatures);
        foreach (GuestAction action in actions)
        {
            guest.Do(action);
        }

        guest.Check(actions.Length);
    }

    public void Dispose() => _driver.Dispose();

    private void Do(in GuestAction action)
    {
        GuestQueue queue = _queues[action.Queue % _queues.Length];
        switch (action.Kind)
        {
            case GuestActionKind.SetDescriptor:
                queue.SetDescriptor((uint)action.Index % QueueSize, action.Address, action.Length, action.Flags, action.Next);
                break;
            case GuestActionKind.SetIndirect:
                SetIndirect(queue, action);
                break;
            case GuestActionKind.Request:
                queue = _queues[_subject.RequestQueue];
                queue.Offer((uint)action.Index % (QueueSize - 4), Buffers(action));
                break;
            case GuestActionKind.MakeAvailable:
                queue.MakeAvailable(action.Index);
                break;
            case GuestActionKind.SetAvailableIndex:
                queue.SetAvailableIndex(action.Index);
                break;
            case GuestActionKind.SetEvent:
                queue.SetUsedEvent(action.Index);
                queue.SetAvailableFlags((ushort)(action.Index & 1));
                break;
            case GuestActionKind.Poke:
                Poke(action);
                break;
            case GuestActionKind.HostEvent:
                _subject.HostEvent(_driver, (byte)action.Index);
                break;
            case GuestActionKind.Restart:
                _queues = _driver.Start(_features, QueueSize);
                break;
            default:
                DoAtDevice(action);
                break;
        }
    }

    private (ulong Address, uint Length, bool Writable)[] Buffers(in GuestAction action)
    {
        ulong at = TestDriver.Data + ((ulong)action.Index % 8 * 0x2000);
        return action.Length == 0 ? _subject.LayRequest(_driver, at) : _subject.LayVariant(_driver, at, (byte)action.Length);
    }

    private void SetIndirect(GuestQueue queue, in GuestAction action)
    {
        uint entry = (uint)action.Index % QueueSize;
        queue.SetDescriptorAt(IndirectTables, entry, action.Address, action.Length, action.Flags, action.Next);
        queue.SetDescriptor(entry, IndirectTables, action.Index * 16u, 4);
    }

    private void Poke(in GuestAction action)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, action.Address);
        _driver.Poke(TestDriver.Data + action.Index, bytes);
    }

    private void DoAtDevice(in GuestAction action)
    {
        Span<byte> data = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(data, action.Address);
        long before = GC.GetAllocatedBytesForCurrentThread();
        switch (action.Kind)
        {
            case GuestActionKind.Notify:
                _driver.Write(MmioRegister.QueueNotify, (uint)(action.Queue % _queues.Length));
                break;
            case GuestActionKind.WriteRegister:
                _driver.Write(action.Index, (uint)action.Address);
                break;
            case GuestActionKind.Access:
                data = data[..(1 << action.Flags)];
                _driver.Transport.Write(action.Index, data);
                _driver.Transport.Read(action.Index, data);
                break;
            case GuestActionKind.Turn:
                _driver.Loop.RunOnce(0);
                break;
        }

        _allocated += GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private void Check(int actions)
    {
        _driver.Pump();
        Assert.Equal(_driver.NeedsReset || _driver.Transport.Metrics.GuestFaults > 0, _driver.Log.Count > 0);
        Assert.InRange(_driver.Log.Count, 0, FaultLog.LinesPerInterval);
        Assert.InRange(_allocated, 0, AllocationFloor + (actions * AllocationPerAction));
        _subject.AssertRecovers(_driver);
        AssertCanaries();
    }

    private void FillCanaries()
    {
        byte[] bytes = new byte[CanaryBytes];
        bytes.AsSpan().Fill(Canary);
        foreach (ulong place in Canaries())
        {
            _driver.Poke(place, bytes);
        }
    }

    // The balloon discards any page the guest names, these included.
    private void AssertCanaries()
    {
        foreach (ulong place in _subject is BalloonSubject ? [] : Canaries())
        {
            Assert.False(_driver.Peek(place, CanaryBytes).AsSpan().ContainsAnyExcept(Canary), $"something was written near 0x{place:x}");
        }
    }

    private static ulong[] Canaries() => [TestDriver.LowEnd - CanaryBytes, TestDriver.HighStart, TestDriver.HighEnd - CanaryBytes];
}
