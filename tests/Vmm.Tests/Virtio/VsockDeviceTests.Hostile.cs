using System.Net.Sockets;
using System.Text;
using CsCheck;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Vsock;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>Guests that lie, flood and misuse; socket files in the way.</summary>
public sealed partial class VsockDeviceTests
{
    [Theory]
    [InlineData(1u)]
    [InlineData(0x1_0000u)]
    [InlineData(uint.MaxValue)]
    public void Length_MoreThanThePacketCarries_ResetsTheConnectionAndIsCounted(uint excess)
    {
        using var guest = new VsockGuest(_path);
        using Socket peer = OpenFromGuest(guest);
        VsockHeader header = guest.NewHeader(VsockOperation.Data, HostPort);
        header.Length = unchecked(4 + excess);
        header.Length = excess == uint.MaxValue ? uint.MaxValue : header.Length;
        guest.Send(header, "abcd"u8);
        guest.Expect(VsockOperation.Reset);
        Assert.Equal(1, guest.Device.Metrics.LengthLies);
        Assert.False(guest.Driver.NeedsReset);
        Assert.True(IsAtEnd(peer));
    }

    [Fact]
    public void Length_LessThanThePacketCarries_TakesWhatIsAnnounced()
    {
        using var guest = new VsockGuest(_path);
        using Socket peer = OpenFromGuest(guest);
        VsockHeader header = guest.NewHeader(VsockOperation.Data, HostPort);
        header.Length = 2;
        guest.Send(header, "abcd"u8);
        guest.Send(VsockOperation.Data, HostPort, "Z"u8);
        Assert.Equal("abZ"u8, ReceiveExactly(peer, 3));
    }

    [Fact]
    public void Packet_ShorterThanItsHeader_IsDroppedAndCounted()
    {
        using var guest = new VsockGuest(_path);
        guest.SendRaw((TestDriver.Data, 43, false));
        Assert.Equal(1, guest.Device.Metrics.MalformedPackets);
        guest.ExpectNothing();
        Assert.False(guest.Driver.NeedsReset);
    }

    [Fact]
    public void Packet_FromAnotherCid_IsDropped()
    {
        using var guest = new VsockGuest(_path);
        using Socket listener = Listen();
        VsockHeader header = guest.NewHeader(VsockOperation.Request, HostPort);
        header.SourceCid = 2;
        guest.Send(header);
        guest.ExpectNothing();
        Assert.Equal((1, 0), (guest.Device.Metrics.MalformedPackets, guest.Device.ConnectionCount));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 8)]
    [InlineData(1, 0xffff)]
    public void Packet_OfUnknownTypeOrOperation_IsReset(int type, int operation)
    {
        using var guest = new VsockGuest(_path);
        VsockHeader header = guest.NewHeader((VsockOperation)operation, HostPort);
        header.Type = (ushort)type;
        guest.Send(header);
        guest.Expect(VsockOperation.Reset);
    }

    [Fact]
    public void Packet_ForAnotherHost_IsResetInItsName()
    {
        using var guest = new VsockGuest(_path);
        VsockHeader header = guest.NewHeader(VsockOperation.Request, HostPort);
        header.DestinationCid = 9;
        guest.Send(header);
        VsockHeader? reply = guest.Receive(out _);
        Assert.Equal((VsockOperation.Reset, 9UL), (reply!.Value.Operation, reply.Value.SourceCid));
    }

    [Fact]
    public void Reset_ForNoConnection_IsNotAnswered()
    {
        using var guest = new VsockGuest(_path);
        guest.Send(VsockOperation.Reset, HostPort);
        guest.ExpectNothing();
    }

    [Fact]
    public void Request_ForAConnectionThatExists_ResetsIt()
    {
        using var guest = new VsockGuest(_path);
        using Socket peer = OpenFromGuest(guest);
        guest.Send(VsockOperation.Request, HostPort);
        guest.Expect(VsockOperation.Reset);
        Assert.True(IsAtEnd(peer));
    }

    [Fact]
    public void Connections_OpenedWithoutEnd_StayBounded()
    {
        using Socket listener = Listen();
        listener.Listen(1024);
        using var guest = new VsockGuest(_path);
        for (uint port = 1; port <= VsockConnectionTable.Capacity + 50; port++)
        {
            guest.Send(guest.NewHeader(VsockOperation.Request, HostPort, port));
            VsockOperation expected = port <= VsockConnectionTable.Capacity ? VsockOperation.Response : VsockOperation.Reset;
            guest.Expect(expected);
        }

        Assert.Equal(VsockConnectionTable.Capacity, guest.Device.ConnectionCount);
        Assert.Equal(50, guest.Device.Metrics.RefusedConnections);
    }

    [Fact]
    public void Resets_ProvokedWithoutReceiveBuffers_StayBounded()
    {
        using var guest = new VsockGuest(_path, rxBuffers: 0);
        for (int i = 0; i < 1000; i++)
        {
            guest.Send(VsockOperation.Data, HostPort);
        }

        Assert.Equal(1000 - 128, guest.Device.Metrics.DroppedResets);
        Assert.False(guest.Driver.NeedsReset);
    }

    [Fact]
    public void ReceiveBuffers_NoneAtFirst_AreWaitedForWithoutSpinning()
    {
        using var guest = new VsockGuest(_path, rxBuffers: 0);
        using Socket client = Connect("CONNECT 1024\n");
        guest.ExpectNothing();
        guest.OfferRx(4140);
        guest.Driver.Notify(0);
        guest.Expect(VsockOperation.Request);
    }

    [Fact]
    public void ReceiveBuffer_ForAHeaderOnly_IsUsedUpNotTriedForEver()
    {
        using var guest = new VsockGuest(_path, rxBuffers: 1);
        using Socket listener = Listen();
        guest.Send(VsockOperation.Request, HostPort);
        using Socket peer = listener.Accept();
        Assert.Equal(VsockOperation.Response, guest.Receive(out _, refill: false)!.Value.Operation);
        peer.Send("data"u8);
        guest.OfferRx(VsockHeader.SizeBytes);
        guest.Driver.Notify(0);
        Assert.Equal(VsockOperation.CreditUpdate, guest.Receive(out _)!.Value.Operation);
        guest.Expect(VsockOperation.Data, out byte[] payload);
        Assert.Equal("data"u8, payload);
    }

    [Fact]
    public void ReceiveBuffer_TooSmallForAHeader_NeedsReset()
    {
        using var guest = new VsockGuest(_path, rxBuffers: 0);
        guest.OfferRx(VsockHeader.SizeBytes - 1);
        guest.Send(VsockOperation.Data, HostPort);
        Assert.True(guest.Driver.NeedsReset);
    }

    [Fact]
    public void Reset_ByTheGuest_ClosesEveryPeer()
    {
        using var guest = new VsockGuest(_path);
        using Socket peer = OpenFromGuest(guest);
        guest.Driver.SetStatus(0);
        guest.Driver.Pump();
        Assert.True(IsAtEnd(peer));
        Assert.Equal(0, guest.Device.ConnectionCount);
    }

    [Fact]
    public void Data_InSteadyState_AllocatesNothing()
    {
        using var guest = new VsockGuest(_path);
        using Socket peer = OpenFromGuest(guest);
        byte[] bytes = new byte[512];
        guest.Send(VsockOperation.Data, HostPort, bytes);
        ReceiveExactly(peer, bytes.Length);
        long allocated = 0;
        for (int i = 0; i < 250; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            guest.SendLastAgain();
            allocated += i < 50 ? 0 : GC.GetAllocatedBytesForCurrentThread() - before;
            ReceiveExactly(peer, bytes.Length);
        }

        Assert.Equal(0, allocated);
        Assert.Equal(251 * 512, guest.Device.Metrics.TxBytes);
    }

    [Fact]
    public void Data_OfTheHostInSteadyState_AllocatesNothing()
    {
        using var guest = new VsockGuest(_path);
        using Socket peer = OpenFromGuest(guest);
        byte[] bytes = new byte[512];
        long allocated = 0;
        for (int i = 0; i < 250; i++)
        {
            peer.Send(bytes);
            long before = GC.GetAllocatedBytesForCurrentThread();
            guest.Driver.Loop.RunOnce(10_000);
            allocated += i < 50 ? 0 : GC.GetAllocatedBytesForCurrentThread() - before;
            guest.Expect(VsockOperation.Data, out byte[] payload);
            Assert.Equal(bytes.Length, payload.Length);
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void SocketFile_Stale_IsReplacedAndOwnIsRemoved()
    {
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(_path));
        }

        // .NET removes what it bound; a process that was killed does not.
        int fd = UnixSocket.Listen(_path, 1);
        _ = Libc.close(fd);
        Assert.True(File.Exists(_path));
        new VsockGuest(_path).Dispose();
        Assert.False(File.Exists(_path));
    }

    [Fact]
    public void SocketFile_InUseOrNoSocket_IsRefusedAndLeftAlone()
    {
        using var loop = new EpollLoop();
        File.WriteAllText(_path, "precious");
        OsFaultException fault = Assert.Throws<OsFaultException>(() => new VsockDevice(new VsockConfig(3, _path), loop));
        Assert.Equal(98, fault.Errno);
        Assert.Equal("precious", File.ReadAllText(_path));

        string used = _folder.File("used");
        using var device = new VsockDevice(new VsockConfig(3, used), loop);
        Assert.Throws<OsFaultException>(() => new VsockDevice(new VsockConfig(3, used), loop));
        Assert.True(File.Exists(used));
    }

    [Fact]
    public void Packets_OfAnyKind_NeverEndTheDevice()
    {
        using Socket listener = Listen();
        listener.Listen(1024);
        using var guest = new VsockGuest(_path);
        Gen<VsockHeader> headers = Gen.Select(
            Gen.UShort[0, 9],
            Gen.UInt[50, 54],
            Gen.UInt[1, 4],
            Gen.OneOf(Gen.UInt, Gen.UInt[0, 64]),
            Gen.UInt,
            Gen.Select(Gen.UInt, Gen.UInt[0, 4096])).Select((operation, hostPort, guestPort, length, flags, credit) =>
            {
                VsockHeader header = guest.NewHeader((VsockOperation)operation, hostPort, guestPort);
                header.Length = length;
                header.Flags = flags;
                header.ForwardCount = credit.Item1;
                header.BufferAllocation = credit.Item2;
                return header;
            });
        headers.Array[1, 20].Sample(
            packets =>
            {
                foreach (VsockHeader header in packets)
                {
                    guest.Send(header, new byte[64]);
                    while (guest.Receive(out _) is not null)
                    {
                        Assert.InRange(guest.Device.ConnectionCount, 0, VsockConnectionTable.Capacity);
                    }
                }

                return !guest.Driver.NeedsReset;
            },
            iter: 300,
            threads: 1);
    }
}
