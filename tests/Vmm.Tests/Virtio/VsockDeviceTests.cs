using System.Net.Sockets;
using System.Text;
using CsCheck;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Vsock;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Tests.Virtio;

public sealed partial class VsockDeviceTests : IDisposable
{
    private const uint HostPort = 52;

    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public VsockDeviceTests() => _path = _folder.File("v.sock");

    public void Dispose() => _folder.Dispose();

    private Socket Listen()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint($"{_path}_{HostPort}"));
        socket.Listen(4);
        return socket;
    }

    private Socket Connect(string line)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 5000 };
        socket.Connect(new UnixDomainSocketEndPoint(_path));
        if (line.Length != 0)
        {
            socket.Send(Encoding.ASCII.GetBytes(line));
        }

        return socket;
    }

    /// <summary>A connection that the guest opened, with both ends.</summary>
    private Socket OpenFromGuest(VsockGuest guest)
    {
        using Socket listener = Listen();
        guest.Send(VsockOperation.Request, HostPort);
        Socket peer = listener.Accept();
        peer.ReceiveTimeout = 5000;
        guest.Expect(VsockOperation.Response);
        return peer;
    }

    private static byte[] ReceiveExactly(Socket socket, int length)
    {
        byte[] bytes = new byte[length];
        for (int done = 0; done < length;)
        {
            int count = socket.Receive(bytes.AsSpan(done));
            Assert.NotEqual(0, count);
            done += count;
        }

        return bytes;
    }

    private static bool IsAtEnd(Socket socket)
    {
        try
        {
            return socket.Receive(new byte[1]) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    [Fact]
    public void Config_TellsTheGuestItsCid()
    {
        using var guest = new VsockGuest(_path);
        Assert.Equal(VsockGuest.Cid, guest.Driver.Read(0x100));
        Assert.Equal(0u, guest.Driver.Read(0x104));
    }

    [Fact]
    public void GuestConnect_WithAListener_CarriesDataBothWays()
    {
        using var guest = new VsockGuest(_path);
        using Socket peer = OpenFromGuest(guest);
        guest.Send(VsockOperation.Data, HostPort, "ping"u8);
        Assert.Equal("ping"u8, ReceiveExactly(peer, 4));
        peer.Send("pong"u8);
        VsockHeader header = guest.Expect(VsockOperation.Data, out byte[] payload);
        Assert.Equal("pong"u8, payload);
        Assert.Equal((HostPort, VsockGuest.GuestPort, 4u), (header.SourcePort, header.DestinationPort, header.ForwardCount));
    }

    [Fact]
    public void GuestConnect_WithoutAListener_IsReset()
    {
        using var guest = new VsockGuest(_path);
        guest.Send(VsockOperation.Request, HostPort);
        VsockHeader header = guest.Expect(VsockOperation.Reset);
        Assert.Equal((HostPort, VsockGuest.GuestPort), (header.SourcePort, header.DestinationPort));
        Assert.Equal(0, guest.Device.ConnectionCount);
    }

    [Fact]
    public void HostConnect_AcceptedByTheGuest_SaysOkAndCarriesDataBothWays()
    {
        using var guest = new VsockGuest(_path);
        using Socket client = Connect("CONNECT 1024\nearly");
        VsockHeader request = guest.Expect(VsockOperation.Request);
        Assert.Equal(1024u, request.DestinationPort);
        guest.Send(VsockOperation.Response, request.SourcePort);
        Assert.Equal($"OK {request.SourcePort}\n", Encoding.ASCII.GetString(ReceiveExactly(client, 14)));
        guest.Expect(VsockOperation.Data, out byte[] payload);
        Assert.Equal("early"u8, payload);
        guest.Send(VsockOperation.Data, request.SourcePort, "late"u8);
        Assert.Equal("late"u8, ReceiveExactly(client, 4));
    }

    [Fact]
    public void HostConnect_LineInPieces_IsPutTogether()
    {
        using var guest = new VsockGuest(_path);
        using Socket client = Connect("CONN");
        guest.ExpectNothing();
        client.Send("ECT 99"u8);
        guest.ExpectNothing();
        client.Send("\n"u8);
        Assert.Equal(99u, guest.Expect(VsockOperation.Request).DestinationPort);
    }

    [Theory]
    [InlineData("HELLO 5\n")]
    [InlineData("CONNECT\n")]
    [InlineData("CONNECT \n")]
    [InlineData("CONNECT -1\n")]
    [InlineData("CONNECT 4294967296\n")]
    [InlineData("CONNECT 5 \n")]
    [InlineData("CONNECT  5\n")]
    [InlineData("CONNECT 555555555555555555555555555555555555")]
    public void HostConnect_MalformedLine_IsClosed(string line)
    {
        using var guest = new VsockGuest(_path);
        using Socket client = Connect(line);
        guest.ExpectNothing();
        guest.ExpectNothing();
        Assert.True(IsAtEnd(client));
        Assert.Equal(0, guest.Device.ConnectionCount);
        Assert.Equal(1, guest.Device.Metrics.RefusedConnections);
    }

    [Fact]
    public void HostConnect_RefusedByTheGuest_IsClosed()
    {
        using var guest = new VsockGuest(_path);
        using Socket client = Connect("CONNECT 1024\n");
        guest.Send(VsockOperation.Reset, guest.Expect(VsockOperation.Request).SourcePort);
        Assert.True(IsAtEnd(client));
        Assert.Equal(0, guest.Device.ConnectionCount);
    }

    [Fact]
    public void HostConnect_GivenUpBeforeTheGuestAnswers_ResetsTheGuest()
    {
        using var guest = new VsockGuest(_path);
        Socket client = Connect("CONNECT 1024\n");
        guest.Expect(VsockOperation.Request);
        client.Dispose();
        guest.Expect(VsockOperation.Reset);
        Assert.Equal(0, guest.Device.ConnectionCount);
    }

    [Fact]
    public void HostConnect_BeforeTheGuestHasADriver_IsClosedAtOnce()
    {
        using var driver = new TestDriver(loop => new VsockDevice(new VsockConfig(3, _path), loop));
        using Socket client = Connect("CONNECT 5\n");
        driver.Pump();
        Assert.True(IsAtEnd(client));
    }

    [Fact]
    public void HostPeer_ThatCloses_IsDrainedBeforeTheGuestIsTold()
    {
        using var guest = new VsockGuest(_path);
        Socket peer = OpenFromGuest(guest);
        peer.Send(new byte[10_000]);
        peer.Dispose();
        int received = 0;
        for (int i = 0; i < 3; i++)
        {
            guest.Expect(VsockOperation.Data, out byte[] payload);
            received += payload.Length;
        }

        Assert.Equal(10_000, received);
        Assert.Equal(VsockHeader.ShutdownSend | VsockHeader.ShutdownReceive, guest.Expect(VsockOperation.Shutdown).Flags);
        guest.Send(VsockOperation.Reset, HostPort);
        Assert.Equal(0, guest.Device.ConnectionCount);
    }

    [Fact]
    public void HostPeer_ThatClosesWhileTheGuestHasNoCredit_IsDrainedWhenItHas()
    {
        using var guest = new VsockGuest(_path) { BufferAllocation = 100 };
        Socket peer = OpenFromGuest(guest);
        peer.Send(new byte[250]);
        peer.Dispose();
        guest.Expect(VsockOperation.Data, out byte[] payload);
        Assert.Equal(100, payload.Length);
        guest.Expect(VsockOperation.CreditRequest);
        guest.ExpectNothing();
        guest.ForwardCount = 100;
        guest.Send(VsockOperation.CreditUpdate, HostPort);
        guest.Expect(VsockOperation.Data, out payload);
        guest.ForwardCount = 200;
        guest.Send(VsockOperation.CreditUpdate, HostPort);
        Assert.Equal(VsockOperation.CreditRequest, guest.Receive(out _)!.Value.Operation);
        guest.Expect(VsockOperation.Data, out payload);
        Assert.Equal(50, payload.Length);
        guest.Expect(VsockOperation.Shutdown);
    }

    [Fact]
    public void HostPeer_ThatClosesOneDirection_StillReadsWhatTheGuestSends()
    {
        using var guest = new VsockGuest(_path);
        using Socket peer = OpenFromGuest(guest);
        peer.Shutdown(SocketShutdown.Send);
        Assert.Equal(VsockHeader.ShutdownSend, guest.Expect(VsockOperation.Shutdown).Flags);
        guest.Send(VsockOperation.Data, HostPort, "answer"u8);
        Assert.Equal("answer"u8, ReceiveExactly(peer, 6));
    }

    [Fact]
    public void GuestShutdown_OfBothDirections_ClosesThePeerAndIsConfirmed()
    {
        using var guest = new VsockGuest(_path);
        using Socket peer = OpenFromGuest(guest);
        guest.Send(VsockOperation.Data, HostPort, "bye"u8);
        guest.Send(VsockOperation.Shutdown, HostPort, flags: VsockHeader.ShutdownSend | VsockHeader.ShutdownReceive);
        Assert.Equal("bye"u8, ReceiveExactly(peer, 3));
        Assert.True(IsAtEnd(peer));
        guest.Expect(VsockOperation.Reset);
        Assert.Equal(0, guest.Device.ConnectionCount);
    }

    [Fact]
    public void GuestShutdown_OfItsSending_LeavesTheOtherDirectionOpen()
    {
        using var guest = new VsockGuest(_path);
        using Socket peer = OpenFromGuest(guest);
        guest.Send(VsockOperation.Shutdown, HostPort, flags: VsockHeader.ShutdownSend);
        Assert.True(IsAtEnd(peer));
        peer.Send("still"u8);
        guest.Expect(VsockOperation.Data, out byte[] payload);
        Assert.Equal("still"u8, payload);
    }

    [Fact]
    public void Credit_OfTheGuest_BoundsWhatIsSentToIt()
    {
        using var guest = new VsockGuest(_path) { BufferAllocation = 1000 };
        using Socket peer = OpenFromGuest(guest);
        peer.Send(new byte[5000]);
        guest.Expect(VsockOperation.Data, out byte[] payload);
        Assert.Equal(1000, payload.Length);
        guest.Expect(VsockOperation.CreditRequest);
        guest.ExpectNothing();
        guest.ForwardCount = 600;
        guest.Send(VsockOperation.CreditUpdate, HostPort);
        guest.Expect(VsockOperation.Data, out payload);
        Assert.Equal(600, payload.Length);
    }

    [Fact]
    public void Credit_ThatMakesNoSense_SendsNothing()
    {
        using var guest = new VsockGuest(_path) { ForwardCount = 0x8000_0000 };
        using Socket peer = OpenFromGuest(guest);
        peer.Send("data"u8);
        Assert.NotEqual(VsockOperation.Data, guest.Receive(out _)?.Operation ?? VsockOperation.Invalid);
        guest.ExpectNothing();
        Assert.False(guest.Driver.NeedsReset);
    }

    [Fact]
    public void Credit_ForTheGuest_IsRenewedBeforeItRunsOut()
    {
        using var guest = new VsockGuest(_path);
        using Socket peer = OpenFromGuest(guest);
        byte[] chunk = new byte[4096];
        uint told = 0;
        for (uint sent = 4096; sent <= 1 << 20; sent += 4096)
        {
            guest.Send(VsockOperation.Data, HostPort, chunk);
            ReceiveExactly(peer, chunk.Length);
            if (guest.Receive(out _) is { } header)
            {
                Assert.Equal(VsockOperation.CreditUpdate, header.Operation);
                told = header.ForwardCount;
            }

            Assert.InRange(sent - told, 0u, VsockTxBuffer.CapacityBytes);
        }
    }

    [Fact]
    public void CreditRequest_IsAnswered()
    {
        using var guest = new VsockGuest(_path);
        using Socket peer = OpenFromGuest(guest);
        guest.Send(VsockOperation.CreditRequest, HostPort);
        Assert.Equal(VsockTxBuffer.CapacityBytes, guest.Expect(VsockOperation.CreditUpdate).BufferAllocation);
    }

    [Fact]
    public void HostPeer_ThatDoesNotRead_IsBufferedToTheCreditAndThenReset()
    {
        using var guest = new VsockGuest(_path);
        using Socket peer = OpenFromGuest(guest);
        byte[] chunk = new byte[8192];
        VsockHeader? answer = null;
        int sent = 0;
        while (answer?.Operation != VsockOperation.Reset && sent < 16 << 20)
        {
            guest.Send(VsockOperation.Data, HostPort, chunk);
            sent += chunk.Length;
            answer = guest.Receive(out _);
        }

        Assert.Equal(VsockOperation.Reset, answer!.Value.Operation);
        Assert.Equal(1, guest.Device.Metrics.CreditViolations);
        Assert.Equal(0, guest.Device.ConnectionCount);
    }

    [Fact]
    public void HostPeer_ThatReadsLate_GetsEverythingInOrder()
    {
        using var guest = new VsockGuest(_path);
        using Socket peer = OpenFromGuest(guest);
        byte[] chunk = new byte[8192];
        uint sent = 0, forwarded = 0;
        // As much as the socket and the credit together hold, as a driver counts it.
        while (sent - forwarded + chunk.Length <= VsockTxBuffer.CapacityBytes)
        {
            Array.Fill(chunk, (byte)(sent / 8192));
            guest.Send(VsockOperation.Data, HostPort, chunk);
            sent += (uint)chunk.Length;
            forwarded = guest.Receive(out _)?.ForwardCount ?? forwarded;
        }

        for (uint received = 0; received < sent; received += 8192)
        {
            byte[] bytes = ReceiveExactly(peer, 8192);
            guest.Driver.Pump();
            Assert.Equal((byte)(received / 8192), bytes[0]);
            Assert.Equal((byte)(received / 8192), bytes[^1]);
        }

        Assert.True(sent > VsockTxBuffer.CapacityBytes);
    }
}
