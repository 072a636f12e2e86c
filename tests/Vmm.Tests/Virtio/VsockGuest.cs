using System.Runtime.InteropServices;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Vsock;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>A guest's vsock driver: sends packets from one buffer, keeps receive buffers offered, and takes packets out of them.</summary>
internal sealed class VsockGuest : IDisposable
{
    internal const uint Cid = 7;
    internal const uint GuestPort = 1024;

    private const ulong TxBuffer = TestDriver.Data;
    private const ulong RxBuffers = TestDriver.HighStart;
    private const uint RxBufferBytes = 4096 + VsockHeader.SizeBytes;
    private const ulong RxStride = 0x2000;

    private readonly GuestQueue _rx;
    private readonly GuestQueue _tx;
    private uint _offered;

    internal VsockGuest(string path, int rxBuffers = 16)
    {
        Driver = TestDriver.Start(loop => new VsockDevice(new VsockConfig(Cid, path), loop), out GuestQueue[] queues);
        _rx = queues[0];
        _tx = queues[1];
        for (int i = 0; i < rxBuffers; i++)
        {
            OfferRx(RxBufferBytes);
        }

        Driver.Notify(0);
    }

    internal TestDriver Driver { get; }

    internal VsockDevice Device => (VsockDevice)Driver.Device;

    /// <summary>The buffer space the guest claims in what it sends.</summary>
    internal uint BufferAllocation { get; set; } = 256 * 1024;

    /// <summary>The bytes the guest claims to have read.</summary>
    internal uint ForwardCount { get; set; }

    internal VsockHeader NewHeader(VsockOperation operation, uint hostPort, uint guestPort = GuestPort) => new()
    {
        SourceCid = Cid,
        DestinationCid = VsockHeader.HostCid,
        SourcePort = guestPort,
        DestinationPort = hostPort,
        Type = VsockHeader.StreamType,
        Operation = operation,
        BufferAllocation = BufferAllocation,
        ForwardCount = ForwardCount,
    };

    internal void Send(VsockOperation operation, uint hostPort, ReadOnlySpan<byte> payload = default, uint flags = 0)
    {
        VsockHeader header = NewHeader(operation, hostPort);
        header.Length = (uint)payload.Length;
        header.Flags = flags;
        Send(header, payload);
    }

    /// <summary>Sends any header and any payload, whether they agree or not.</summary>
    internal void Send(VsockHeader header, ReadOnlySpan<byte> payload = default)
    {
        Driver.Poke(TxBuffer, MemoryMarshal.AsBytes(new ReadOnlySpan<VsockHeader>(in header)));
        Driver.Poke(TxBuffer + VsockHeader.SizeBytes, payload);
        _tx.Offer(0, (TxBuffer, VsockHeader.SizeBytes + (uint)payload.Length, false));
        Driver.Notify(1);
        Assert.True(_tx.TakeUsed() is not null || Driver.NeedsReset);
    }

    /// <summary>Offers the packet of the last <see cref="Send(VsockHeader, ReadOnlySpan{byte})"/> once more; allocates nothing itself.</summary>
    internal void SendLastAgain()
    {
        _tx.MakeAvailable(0);
        Driver.Write(Devices.Virtio.Transport.MmioRegister.QueueNotify, 1);
        Driver.Loop.RunOnce(0);
    }

    internal void SendRaw(params (ulong Address, uint Length, bool Writable)[] buffers)
    {
        _tx.Offer(0, buffers);
        Driver.Notify(1);
    }

    internal void OfferRx(uint bytes)
    {
        uint index = _offered++ % _rx.Size;
        _rx.Offer(index, (RxBuffers + (index * RxStride), bytes, true));
    }

    /// <summary>The next packet from the device, or null; its buffer is offered again when <paramref name="refill"/>.</summary>
    internal VsockHeader? Receive(out byte[] payload, bool refill = true)
    {
        payload = [];
        Driver.Pump();
        if (_rx.TakeUsed() is not { } used)
        {
            return null;
        }

        ulong address = RxBuffers + (used.Head * RxStride);
        Assert.True(Driver.Memory.TryRead(new GuestAddress(address), out VsockHeader header));
        Assert.Equal(VsockHeader.SizeBytes + header.Length, used.WrittenBytes);
        payload = Driver.Peek(address + VsockHeader.SizeBytes, (int)header.Length);
        if (refill)
        {
            OfferRx(RxBufferBytes);
            Driver.Notify(0);
        }

        return header;
    }

    internal VsockHeader Expect(VsockOperation operation) => Expect(operation, out _);

    internal VsockHeader Expect(VsockOperation operation, out byte[] payload)
    {
        VsockHeader? header = Receive(out payload);
        Assert.NotNull(header);
        Assert.Equal(operation, header.Value.Operation);
        Assert.Equal((VsockHeader.HostCid, (ulong)Cid), (header.Value.SourceCid, header.Value.DestinationCid));
        return header.Value;
    }

    internal void ExpectNothing() => Assert.Null(Receive(out _));

    public void Dispose() => Driver.Dispose();
}
