using System.Runtime.InteropServices;
using MicroVm.Vmm.Devices.Virtio.Net;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Mmds.Network;

namespace MicroVm.Vmm.Tests.Mmds;

/// <summary>
/// Lets this machine's own Linux be the guest: a tap whose other end is the metadata service, on a thread of its own. The kernel leaves
/// checksums and segmentation to the tap, as a guest's driver leaves them to its device. Every so many frames one is lost.
/// </summary>
internal sealed unsafe class LinuxWire : IEventSource, IDisposable
{
    private const int PacketBytes = (int)NetDevice.LargestPacketBytes;

    private readonly TapDevice _tap;
    private readonly MetadataNetwork _network;
    private readonly int _lossInterval;
    private readonly EpollLoop _loop = new();
    private readonly Thread _thread;
    private readonly byte* _packet = (byte*)NativeMemory.Alloc(PacketBytes);
    private volatile bool _stops;
    private int _frames;

    internal LinuxWire(string tap, MetadataNetwork network, int lossInterval = int.MaxValue)
    {
        _tap = new TapDevice(tap);
        _network = network;
        _lossInterval = lossInterval;
        HasOffloads = _tap.TrySetOffloads(TapOffload.Checksum | TapOffload.Tso4);
        _loop.Add(_tap.Fd, EpollLoop.In, this, 0);
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    internal bool HasOffloads { get; }

    /// <summary>Frames of the kernel that left a checksum to the tap.</summary>
    internal int PartialChecksums { get; private set; }

    public void OnReady(uint events, uint token)
    {
        // SAFETY: the buffer has PacketBytes bytes, and the kernel writes no more.
        IoVec[] whole = [new IoVec { Base = _packet, Length = PacketBytes }];
        for (int length = _tap.Receive(whole); length > NetHeader.SizeBytes; length = _tap.Receive(whole))
        {
            var packet = new ReadOnlySpan<byte>(_packet, length);
            ReadOnlySpan<byte> frame = packet[NetHeader.SizeBytes..];
            if (IsLost() || !_network.Takes(frame[..Math.Min(frame.Length, ResponderPort.StartBytes)]))
            {
                continue;
            }

            PartialChecksums += packet[0] & 1;
            _network.Accept(frame[..Math.Min(frame.Length, _network.MaxFrameBytes)]);
        }
    }

    public void Dispose()
    {
        _stops = true;
        _thread.Join();
        _loop.Dispose();
        _tap.Dispose();
        NativeMemory.Free(_packet);
    }

    private void Run()
    {
        while (!_stops)
        {
            _loop.RunOnce(10);
            while (_network.HasFrame)
            {
                Send();
            }
        }
    }

    private void Send()
    {
        new Span<byte>(_packet, NetHeader.SizeBytes).Clear();
        int bytes = _network.Write(new Span<byte>(_packet + NetHeader.SizeBytes, PacketBytes - NetHeader.SizeBytes));
        if (bytes != 0 && !IsLost())
        {
            // SAFETY: so many bytes were written.
            IoVec[] packet = [new IoVec { Base = _packet, Length = (nuint)(NetHeader.SizeBytes + bytes) }];
            Assert.Equal(NetHeader.SizeBytes + bytes, _tap.Send(packet));
        }
    }

    private bool IsLost() => ++_frames % _lossInterval == 0;
}
