using System.Buffers.Binary;
using System.Text;
using CsCheck;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Net;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Mmds;
using MicroVm.Vmm.Mmds.Network;
using MicroVm.Vmm.Tests.Mmds;
using MicroVm.Vmm.Tests.RateLimiting;
using static MicroVm.Vmm.Tests.Virtio.NetGuest;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>The metadata service behind the network device, over its queues.</summary>
public sealed class NetDeviceMmdsTests : IDisposable
{
    private const ushort Port = 40_000;
    private const uint First = 1001;
    private const ulong Outgoing = TestDriver.Data + 0x10_0000;
    private const int NetworkDown = 100;

    private readonly ManualClock _clock = new();
    private readonly PlayedBackend _backend = new();
    private readonly MetadataService _service;
    private readonly List<byte[]> _received = [];
    private TestDriver? _driver;
    private GuestQueue[] _queues = [];
    private uint _nextBuffer;

    public NetDeviceMmdsTests()
    {
        _service = new MetadataService(1 << 20, _clock);
        _service.Store.TryPut(Encoding.ASCII.GetBytes($$"""{"a":"{{new string('m', 5000)}}"}"""));
    }

    public void Dispose() => _driver?.Dispose();

    private void Start(ulong features = NetFeature.MergeableBuffers, NetworkInterfaceConfig? config = null, TimeProvider? clock = null)
    {
        _driver = TestDriver.Start(
            loop => new NetDevice(
                config ?? new NetworkInterfaceConfig("eth0", "tap0"), _backend, loop, responder: new MetadataNetwork(_service, clock ?? _clock)),
            out _queues,
            features);
    }

    private void Send(byte[] frame, params int[] cuts)
    {
        _driver!.Poke(Outgoing, [.. new byte[NetHeader.SizeBytes], .. frame]);
        var buffers = new List<(ulong, uint, bool)>();
        int start = 0;
        foreach (int cut in cuts.Append(NetHeader.SizeBytes + frame.Length))
        {
            buffers.Add((Outgoing + (uint)start, (uint)(cut - start), false));
            start = cut;
        }

        _queues[Tx].Offer(0, [.. buffers]);
        _driver.Notify(Tx);
        Assert.NotNull(_queues[Tx].TakeUsed());
    }

    private void Offer(int count)
    {
        for (int i = 0; i < count; i++)
        {
            uint index = _nextBuffer++ % 16;
            _queues[Rx].Offer(index, (Buffers + (index * BufferBytes), BufferBytes, true));
        }

        _driver!.Notify(Rx);
    }

    /// <summary>What the guest got, its header checked, in buffers of one packet each.</summary>
    private List<GuestSegment> Take()
    {
        List<GuestSegment> segments = [];
        while (_queues[Rx].TakeUsed() is { } used)
        {
            byte[] packet = _driver!.Peek(Buffers + (used.Head * BufferBytes), (int)used.WrittenBytes);
            Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], packet[..NetHeader.SizeBytes]);
            _received.Add(packet);
            segments.Add(GuestFrames.ParseTcp(packet.AsSpan(NetHeader.SizeBytes)));
        }

        return segments;
    }

    private uint Connect()
    {
        Send(GuestFrames.Tcp(Port, 1000, 0, TcpFlags.Syn, largestPayload: 1460));
        uint next = Assert.Single(Take()).Sequence + 1;
        Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack));
        return next;
    }

    private static string Text(IEnumerable<GuestSegment> segments) => string.Concat(segments.Select(segment => segment.Payload));

    [Theory]
    [InlineData(0)]
    [InlineData(NetFeature.MergeableBuffers)]
    [InlineData(NetFeature.Offloads | VirtioFeature.Ring)]
    public void Get_OverTheQueues_NeverReachesTheTap(ulong features)
    {
        Start(features);
        Offer(16);
        Send(GuestFrames.Arp());
        UsedElement arp = _queues[Rx].TakeUsed()!.Value;
        Assert.Equal(NetHeader.SizeBytes + 42u, arp.WrittenBytes);
        uint next = Connect();
        Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack | TcpFlags.Psh, MmdsGuest.Head));
        List<GuestSegment> answer = Take();
        Assert.Equal(4, answer.Count);
        Assert.EndsWith(new string('m', 5000) + "\"}", Text(answer), StringComparison.Ordinal);
        Assert.Empty(_backend.Sent);
        Assert.Equal((0, 0), (Metrics(_driver!).TxPackets, Metrics(_driver!).TxMalformed));
        Send(GuestFrames.Ipv4(17, [1, 2, 3, 4], target: 0x0808_0808) is var other ? [2, .. other[1..]] : []);
        Assert.Single(_backend.Sent);
    }

    [Fact]
    public void Frame_InManyBuffersWithOffloads_IsTaken()
    {
        Start(NetFeature.Offloads);
        Offer(16);
        uint next = Connect();

        // VIRTIO_NET_HDR_F_NEEDS_CSUM and GSO_TCPV4, as a guest writes them that leaves both to its device.
        byte[] frame = GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, MmdsGuest.Head);
        _driver!.Poke(Outgoing, [1, 1, 54, 0, 0xb4, 5, 34, 0, 16, 0, 0, 0, .. frame]);
        _queues[Tx].Offer(0, (Outgoing, 5, false), (Outgoing + 5, 7, false), (Outgoing + 12, 3, false), (Outgoing + 15, 30, false), (Outgoing + 45, (uint)frame.Length - 33, false));
        _driver.Notify(Tx);
        Assert.StartsWith("HTTP/1.1 200 OK", Text(Take()), StringComparison.Ordinal);
        Assert.Empty(_backend.Sent);
    }

    [Fact]
    public void Answer_WithoutReceiveBuffers_WaitsForThem()
    {
        Start();
        Offer(2);
        uint next = Connect();
        Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, MmdsGuest.Head));
        string text = Text(Take());
        Assert.Equal(1460, text.Length);
        for (int i = 0; i < 3; i++)
        {
            Assert.Empty(Take());
            Offer(1);
            text += Text(Take());
        }

        Assert.EndsWith(new string('m', 5000) + "\"}", text, StringComparison.Ordinal);
        Assert.Equal(0, _service.Metrics.TxRetransmissions);
    }

    [Fact]
    public void Answer_LongerThanOneTurn_GoesOnInTheNext()
    {
        _service.Store.TryPut(Encoding.ASCII.GetBytes($"\"{new string('m', 60_000)}\""));
        Start();
        Offer(16);
        Send(GuestFrames.Tcp(Port, 1000, 0, TcpFlags.Syn, largestPayload: 300));
        uint next = Assert.Single(Take()).Sequence + 1;
        Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, MmdsGuest.Head));
        int bytes = 0;
        for (int i = 0; i < 300; i++)
        {
            bytes += Text(Take()).Length;
            Offer(1);
        }

        Assert.InRange(bytes, 60_100, 60_300);
    }

    [Fact]
    public void Answer_TooLargeForItsBuffer_IsDroppedAndComesAgain()
    {
        Start(features: 0);
        Offer(2);
        uint next = Connect();
        _queues[Rx].Offer(9, (Buffers + (9 * BufferBytes), 100, true));
        _driver!.Notify(Rx);
        Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, MmdsGuest.Head));
        string text = Text(Take());
        Assert.Equal((1460, 3), (text.Length, Metrics(_driver).RxOversized));

        // A packet that fits takes the small buffer away.
        Send(GuestFrames.Tcp(Port, First - 1, next + 1460, TcpFlags.Ack));
        Assert.NotNull(_queues[Rx].TakeUsed());
        _clock.AdvanceMilliseconds(201);
        Offer(3);
        Assert.EndsWith(new string('m', 5000) + "\"}", text + Text(Take()), StringComparison.Ordinal);
        Assert.False(_driver.NeedsReset);
    }

    [Fact]
    public void Tap_ThatHasPacketsToo_IsServedBetween()
    {
        Start();
        uint next = 0;
        Offer(16);
        next = Connect();
        for (int i = 0; i < 3; i++)
        {
            _backend.Play(Packet(60));
        }

        Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, MmdsGuest.Head));
        int others = 0;
        string text = "";
        while (_queues[Rx].TakeUsed() is { } used)
        {
            byte[] packet = _driver!.Peek(Buffers + (used.Head * BufferBytes), (int)used.WrittenBytes);
            others += packet[20] == 0x5a ? 1 : 0;
            text += packet[20] == 0x5a ? "" : GuestFrames.ParseTcp(packet.AsSpan(NetHeader.SizeBytes)).Payload;
        }

        Assert.Equal(3, others);
        Assert.EndsWith("\"}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Answer_NotAcknowledged_ComesAgainByItself()
    {
        Start(clock: TimeProvider.System);
        Offer(16);
        Send(GuestFrames.Tcp(Port, 1000, 0, TcpFlags.Syn));
        GuestSegment first = Assert.Single(Take());

        // The loop has nothing to wait for but the timer.
        List<GuestSegment> again = [];
        for (int i = 0; i < 10 && again.Count == 0; i++)
        {
            _driver!.Loop.RunOnce(5000);
            again = Take();
        }

        Assert.Equal(first, Assert.Single(again));
        Assert.Equal(1, _service.Metrics.TxRetransmissions);
    }

    [Fact]
    public void Limits_OfTheInterface_AreNotSpentOnRequests()
    {
        var limits = new RateLimiterConfig(new TokenBucketConfig(100, null, 3_600_000), null);
        Start(config: new NetworkInterfaceConfig("eth0", "tap0", TxRateLimiter: limits));
        Offer(16);
        for (int i = 0; i < 5; i++)
        {
            Send(GuestFrames.Arp());
        }

        Assert.Equal(0, Metrics(_driver!).TxThrottled);
        _queues[Tx].Offer(0, (Outgoing, NetHeader.SizeBytes + 60, false));
        _driver!.Poke(Outgoing, Packet(60));
        _driver.Notify(Tx);
        Assert.Single(_backend.Sent);
    }

    [Fact]
    public void Service_OfAnInterfaceWithoutItsTap_StillAnswers()
    {
        Start();
        Offer(16);
        _backend.ReceiveFault = NetworkDown;
        _backend.Wake();
        _driver!.Pump();
        Assert.Equal(1, Metrics(_driver).TapLosses);
        Connect();
        Assert.Equal(1, Metrics(_driver).TapLosses);
    }

    [Fact]
    public void Driver_ThatBeginsAnew_HasNoConnections()
    {
        Start();
        Offer(16);
        Connect();
        _queues = _driver!.Start(NetFeature.MergeableBuffers);
        _nextBuffer = 0;
        Offer(16);
        Assert.Equal((1, 1), (_service.Metrics.ConnectionsCreated, _service.Metrics.ConnectionsDestroyed));
        Connect();
    }

    [Fact]
    public void Interface_WithoutTheService_SendsEverythingToTheTap()
    {
        _driver = TestDriver.Start(
            loop => new NetDevice(new NetworkInterfaceConfig("eth0", "tap0"), _backend, loop), out _queues, NetFeature.MergeableBuffers);
        Send(GuestFrames.Arp());
        Assert.Single(_backend.Sent);
    }

    [Fact]
    public void Frames_ForOthers_AllocateNothing()
    {
        var backend = new PlayedBackend { KeepsSent = false };
        _driver = TestDriver.Start(
            loop => new NetDevice(new NetworkInterfaceConfig("eth0", "tap0"), backend, loop, responder: new MetadataNetwork(_service)), out _queues);
        byte[] frame = GuestFrames.Ipv4(17, new byte[100], target: 0x0808_0808);
        frame[0] ^= 2;
        _driver.Poke(Outgoing, [.. new byte[NetHeader.SizeBytes], .. frame]);
        long least = long.MaxValue;
        for (int round = 0; round < 20; round++)
        {
            _queues[Tx].Offer(0, (Outgoing, NetHeader.SizeBytes + (uint)frame.Length, false));
            long before = GC.GetAllocatedBytesForCurrentThread();
            _driver.Device.OnDoorbell(Tx);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(20, backend.SentCount);
        Assert.Equal(0, least);
    }

    /// <summary>Whatever a guest sends: what is for the service never reaches the tap, and everything else does, as it was.</summary>
    [Fact]
    public void Frames_OfAnyKind_GoWhereTheyBelong() =>
        Gen.Select(Gen.Int[0, 3], Gen.Byte.Array[0, 120], Gen.Select(Gen.Int[0, 60], Gen.Byte).Array[0, 4], Gen.Int[0, 90]).Array[1, 20].Sample(
            steps =>
            {
                using var test = new NetDeviceMmdsTests();
                test.Start();
                test.Offer(16);
                var network = new MetadataNetwork(test._service);
                int forTap = 0;
                foreach ((int kind, byte[] bytes, (int At, byte Value)[] damage, int cut) in steps)
                {
                    byte[] frame = kind switch
                    {
                        0 => bytes,
                        1 => [.. GuestFrames.Arp(), .. bytes],
                        2 => GuestFrames.Ipv4(6, bytes),
                        _ => GuestFrames.Tcp(Port, 1000, 0, (TcpFlags)(bytes.Length & 31), new string('x', bytes.Length)),
                    };
                    foreach ((int at, byte value) in damage)
                    {
                        if (at < frame.Length)
                        {
                            frame[at] = value;
                        }
                    }

                    int total = NetHeader.SizeBytes + frame.Length;
                    test.Send(frame, cut > 0 && cut < total ? [cut] : []);
                    bool isForTap = frame.Length >= 14 && !network.Takes(frame.AsSpan(0, Math.Min(frame.Length, ResponderPort.StartBytes)));
                    forTap += isForTap ? 1 : 0;
                    Assert.Equal(forTap, test._backend.Sent.Count);
                    if (isForTap)
                    {
                        Assert.Equal(frame, test._backend.Sent[^1][NetHeader.SizeBytes..]);
                    }

                    while (test._queues[Rx].TakeUsed() is { } used)
                    {
                        Assert.InRange(used.WrittenBytes, NetHeader.SizeBytes + 42u, NetHeader.SizeBytes + 1514u);
                        test._queues[Rx].MakeAvailable((ushort)used.Head);
                    }

                    Assert.False(test._driver!.NeedsReset);
                }
            },
            iter: 200,
            threads: 1);
}
