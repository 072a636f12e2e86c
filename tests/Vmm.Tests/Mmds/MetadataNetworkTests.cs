using System.Buffers.Binary;
using System.Text;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Mmds.Network;

namespace MicroVm.Vmm.Tests.Mmds;

public sealed partial class MetadataNetworkTests
{
    private const ushort Port = 40_000;
    private const uint First = 1001;

    private readonly MmdsGuest _guest = new();

    private static int Body(string answer) => answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;

    [Fact]
    public void Arp_ForTheAddress_IsAnswered()
    {
        Assert.True(_guest.Send(GuestFrames.Arp()));
        byte[] reply = _guest.TakeFrame()!;
        Assert.Equal(
            "0600ac10000206012345670108060001080006040002060123456701a9fea9fe0600ac100002ac100002", Convert.ToHexStringLower(reply));
        Assert.Null(_guest.TakeFrame());
    }

    [Fact]
    public void Arp_ForAnother_IsTheNetworks()
    {
        Assert.False(_guest.Send(GuestFrames.Arp(target: 0xac10_0001)));
        Assert.Null(_guest.TakeFrame());
    }

    [Fact]
    public void Arp_ThatIsNoRequest_IsTakenAndForgotten()
    {
        Assert.True(_guest.Send(GuestFrames.Arp(operation: 2)));
        Assert.Null(_guest.TakeFrame());
        Assert.Equal(1, _guest.Metrics.RxUnusual);
    }

    [Fact]
    public void Frames_OnlyThoseForTheAddressOrTheMac_AreTaken()
    {
        Assert.False(_guest.Network.Takes([]));
        Assert.False(_guest.Network.Takes(new byte[42]));
        byte[] frame = GuestFrames.Ipv4(17, [1, 2, 3]);
        Assert.True(_guest.Network.Takes(frame));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(30), 0x0808_0808);
        Assert.True(_guest.Network.Takes(frame));
        frame[0] ^= 2;
        Assert.False(_guest.Network.Takes(frame));
        byte[] broadcast = GuestFrames.Ipv4(17, []);
        broadcast.AsSpan(0, 6).Fill(0xff);
        Assert.True(_guest.Network.Takes(broadcast));
        Assert.False(_guest.Network.Takes(broadcast.AsSpan(0, 33)));
    }

    [Fact]
    public void Get_OverOneConnection_IsAnsweredAndClosed()
    {
        uint next = _guest.Connect(Port);
        _guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack | TcpFlags.Psh, MmdsGuest.Head));
        uint sent = First + (uint)MmdsGuest.Head.Length;
        GuestSegment answer = _guest.Take();
        Assert.Equal((next, sent, TcpFlags.Ack | TcpFlags.Psh), (answer.Sequence, answer.Acknowledgment, answer.Flags));
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer.Payload, StringComparison.Ordinal);
        Assert.Equal("""{"a":1}""", answer.Payload[Body(answer.Payload)..]);
        uint end = next + (uint)answer.Payload.Length;
        _guest.Send(GuestFrames.Tcp(Port, sent, end, TcpFlags.Ack | TcpFlags.Fin));
        GuestSegment fin = _guest.Take();
        Assert.Equal((end, sent + 1, TcpFlags.Ack | TcpFlags.Fin), (fin.Sequence, fin.Acknowledgment, fin.Flags));
        Assert.Equal(1, _guest.Network.ConnectionCount);
        _guest.Send(GuestFrames.Tcp(Port, sent + 1, end + 1, TcpFlags.Ack));
        Assert.Null(_guest.TakeFrame());
        Assert.Equal(0, _guest.Network.ConnectionCount);
        Assert.Equal((1, 1, 0, 0), (_guest.Metrics.ConnectionsCreated, _guest.Metrics.ConnectionsDestroyed, _guest.Metrics.RxUnusual, _guest.Metrics.RxMalformed));
        Assert.Null(_guest.Network.UntilFrame);
    }

    [Fact]
    public void Request_WithItsFin_IsAnsweredBeforeTheEnd()
    {
        uint next = _guest.Connect(Port);
        _guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack | TcpFlags.Fin, MmdsGuest.Head));
        GuestSegment answer = _guest.Take();
        uint sent = First + (uint)MmdsGuest.Head.Length + 1;
        Assert.Equal(sent, answer.Acknowledgment);
        Assert.Null(_guest.TakeFrame());
        uint end = next + (uint)answer.Payload.Length;
        _guest.Send(GuestFrames.Tcp(Port, sent, end, TcpFlags.Ack));
        Assert.Equal(TcpFlags.Ack | TcpFlags.Fin, _guest.Take().Flags);
        _guest.Send(GuestFrames.Tcp(Port, sent, end + 1, TcpFlags.Ack));
        Assert.Equal(0, _guest.Network.ConnectionCount);
    }

    [Fact]
    public void Request_ThatWantsTheEnd_GetsItBehindTheAnswer()
    {
        uint next = _guest.Connect(Port);
        const string Request = "GET / HTTP/1.0\r\n\r\n";
        _guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, Request));
        GuestSegment answer = _guest.Take();
        GuestSegment fin = _guest.Take();
        Assert.Equal((TcpFlags.Ack | TcpFlags.Fin, ""), (fin.Flags, fin.Payload));
        uint end = next + (uint)answer.Payload.Length + 1;
        uint sent = First + (uint)Request.Length;
        _guest.Send(GuestFrames.Tcp(Port, sent, end, TcpFlags.Ack | TcpFlags.Fin));
        Assert.Equal((sent + 1, TcpFlags.Ack), (_guest.Take() is var last ? last.Acknowledgment : 0, last.Flags));
        Assert.Equal(0, _guest.Network.ConnectionCount);
    }

    [Fact]
    public void Request_WithABody_IsRefusedAndTheRestIsSwallowed()
    {
        uint next = _guest.Connect(Port);
        string request = "PUT / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n";
        _guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, request));
        List<GuestSegment> answer = _guest.TakeAll();
        Assert.StartsWith("HTTP/1.1 400 Bad Request", answer[0].Payload, StringComparison.Ordinal);
        Assert.Equal(TcpFlags.Ack | TcpFlags.Fin, answer[1].Flags);
        uint sent = First + (uint)request.Length;
        uint end = answer[1].Sequence + 1;
        for (int i = 0; i < 5; i++)
        {
            _guest.Send(GuestFrames.Tcp(Port, sent, end, TcpFlags.Ack, new string('x', 1000)));
            sent += 1000;
            GuestSegment acknowledgment = _guest.Take();
            Assert.Equal((sent, TcpConnection.RequestBytes), (acknowledgment.Acknowledgment, acknowledgment.Window));
        }
    }

    [Fact]
    public void Requests_OneByteAtATimeAndTwoAtOnce_AreAnsweredInOrder()
    {
        uint next = _guest.Connect(Port);
        uint sent = First;
        foreach (char c in MmdsGuest.Head[..^1])
        {
            _guest.Send(GuestFrames.Tcp(Port, sent++, next, TcpFlags.Ack, c.ToString()));
            Assert.Equal((sent, ""), (_guest.Take() is var got ? got.Acknowledgment : 0, got.Payload));
        }

        string rest = "\nGET /a HTTP/1.1\r\nAccept: application/json\r\n\r\nGET /x HTTP/1.1\r\n\r\n";
        _guest.Send(GuestFrames.Tcp(Port, sent, next, TcpFlags.Ack, rest));
        sent += (uint)rest.Length;
        string[] bodies = ["""{"a":1}""", "1", "Resource not found: /x."];
        foreach (string body in bodies)
        {
            GuestSegment answer = Assert.Single(_guest.TakeAll());
            Assert.EndsWith("\r\n\r\n" + body, answer.Payload, StringComparison.Ordinal);
            next += (uint)answer.Payload.Length;
            _guest.Send(GuestFrames.Tcp(Port, sent, next, TcpFlags.Ack));
        }

        Assert.Empty(_guest.TakeAll());
    }

    [Theory]
    [InlineData(1460, 1460)]
    [InlineData(9000, 1460)]
    [InlineData(100, 100)]
    [InlineData(null, 536)]
    public void Answer_LongerThanASegment_ComesInSegmentsThatThePeerTakes(int? largest, int expected)
    {
        var guest = new MmdsGuest($"\"{new string('m', 8000)}\"");
        uint next = guest.Connect(Port, largestPayload: (ushort?)largest);
        guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, MmdsGuest.Head));
        List<GuestSegment> segments = guest.TakeAll();
        Assert.All(segments.SkipLast(1), segment => Assert.Equal((expected, TcpFlags.Ack), (segment.Payload.Length, segment.Flags)));
        Assert.Equal(TcpFlags.Ack | TcpFlags.Psh, segments[^1].Flags);
        string answer = string.Concat(segments.Select(segment => segment.Payload));
        Assert.Equal($"\"{new string('m', 8000)}\"", answer[Body(answer)..]);
    }

    [Fact]
    public void Answer_LongerThanTheWindow_WaitsForThePeer()
    {
        var guest = new MmdsGuest($"\"{new string('m', 8000)}\"");
        uint next = guest.Connect(Port, window: 1000);
        guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, MmdsGuest.Head, window: 1000));
        uint sent = First + (uint)MmdsGuest.Head.Length;
        int received = 0;
        while (guest.TakeAll() is { Count: > 0 } segments)
        {
            int bytes = segments.Sum(segment => segment.Payload.Length);
            Assert.InRange(bytes, 1, 1000);
            received += bytes;
            guest.Send(GuestFrames.Tcp(Port, sent, next + (uint)received, TcpFlags.Ack, window: 1000));
        }

        Assert.InRange(received, 8002, 8300);
    }

    [Fact]
    public void Window_Closed_IsProbedWithOneByteAndUsedWhenItOpens()
    {
        uint next = _guest.Connect(Port);
        _guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, MmdsGuest.Head, window: 0));
        Assert.Equal("", Assert.Single(_guest.TakeAll()).Payload);
        _guest.Clock.AdvanceMilliseconds(200);
        Assert.Equal("H", _guest.Take().Payload);
        Assert.Null(_guest.TakeFrame());
        uint sent = First + (uint)MmdsGuest.Head.Length;
        _guest.Send(GuestFrames.Tcp(Port, sent, next, TcpFlags.Ack, window: 5000));
        Assert.StartsWith("TTP/1.1 200 OK", _guest.Take().Payload, StringComparison.Ordinal);
    }

    [Fact]
    public void Answer_NotAcknowledged_ComesAgainLaterAndLaterAndIsGivenUp()
    {
        uint next = _guest.Connect(Port);
        _guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, MmdsGuest.Head));
        GuestSegment answer = _guest.Take();
        double[] waits = [200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000, 5000];
        foreach (double wait in waits)
        {
            Assert.Equal(wait, _guest.Network.UntilFrame!.Value.TotalMilliseconds, 1.0);
            _guest.Clock.AdvanceMilliseconds(wait - 1);
            Assert.False(_guest.Network.HasFrame);
            _guest.Clock.AdvanceMilliseconds(2);
            Assert.Equal(answer, Assert.Single(_guest.TakeAll()));
        }

        _guest.Clock.AdvanceMilliseconds(6000);
        Assert.False(_guest.Network.HasFrame);
        Assert.Null(_guest.Network.UntilFrame);
        Assert.Equal(waits.Length, _guest.Metrics.TxRetransmissions);

        // As soon as the guest is heard again, so is the answer.
        _guest.Send(GuestFrames.Tcp(Port, answer.Acknowledgment, next, TcpFlags.Ack));
        _guest.Clock.AdvanceMilliseconds(201);
        Assert.Equal(answer, Assert.Single(_guest.TakeAll()));
    }

    [Fact]
    public void Answer_HalfAcknowledged_ComesAgainFromThere()
    {
        uint next = _guest.Connect(Port);
        _guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, MmdsGuest.Head));
        GuestSegment answer = _guest.Take();
        _guest.Send(GuestFrames.Tcp(Port, answer.Acknowledgment, next + 10, TcpFlags.Ack));
        Assert.False(_guest.Network.HasFrame);
        _guest.Clock.AdvanceMilliseconds(201);
        GuestSegment again = _guest.Take();
        Assert.Equal((next + 10, answer.Payload[10..]), (again.Sequence, again.Payload));
    }

    [Fact]
    public void Syn_SentTwiceOrUnanswered_GetsTheSameAnswer()
    {
        byte[] syn = GuestFrames.Tcp(Port, 1000, 0, TcpFlags.Syn, largestPayload: 1460);
        _guest.Send(syn);
        GuestSegment first = _guest.Take();
        _guest.Send(syn);
        Assert.Equal(first, Assert.Single(_guest.TakeAll()));
        _guest.Clock.AdvanceMilliseconds(201);
        Assert.Equal(first, Assert.Single(_guest.TakeAll()));
        Assert.Equal(1, _guest.Network.ConnectionCount);
    }

    [Fact]
    public void Syn_OfAGuestThatWouldLikeEcnOrSendsDataAlready_IsAPlainOne()
    {
        _guest.Send(GuestFrames.Tcp(Port, 1000, 0, (TcpFlags)0xc2, "GET"));
        GuestSegment answer = _guest.Take();
        Assert.Equal((TcpFlags.Syn | TcpFlags.Ack, First), (answer.Flags, answer.Acknowledgment));
    }

    [Fact]
    public void Data_SentTwiceOrOutOfOrder_IsTakenOnceAndAcknowledged()
    {
        uint next = _guest.Connect(Port);
        _guest.Send(GuestFrames.Tcp(Port, First + 4, next, TcpFlags.Ack, MmdsGuest.Head[4..]));
        Assert.Equal(First, _guest.Take().Acknowledgment);
        _guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, MmdsGuest.Head[..8]));
        Assert.Equal(First + 8, _guest.Take().Acknowledgment);
        _guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, MmdsGuest.Head));
        GuestSegment answer = _guest.Take();
        Assert.StartsWith("HTTP/1.1 200 OK", answer.Payload, StringComparison.Ordinal);
        Assert.Equal(First + (uint)MmdsGuest.Head.Length, answer.Acknowledgment);
        _guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, MmdsGuest.Head));
        Assert.Equal("", Assert.Single(_guest.TakeAll()).Payload);
    }

    [Fact]
    public void KeepAlive_IsAnswered()
    {
        uint next = _guest.Connect(Port);
        _guest.Send(GuestFrames.Tcp(Port, First - 1, next, TcpFlags.Ack));
        Assert.Equal((First, TcpFlags.Ack), (_guest.Take() is var got ? got.Acknowledgment : 0, got.Flags));
    }

    [Fact]
    public void Request_LongerThanTheWindow_EndsTheConnection()
    {
        uint next = _guest.Connect(Port);
        uint sent = First;
        for (int left = TcpConnection.RequestBytes; left > 0; left -= 1000)
        {
            string part = new('a', Math.Min(left, 1000));
            _guest.Send(GuestFrames.Tcp(Port, sent, next, TcpFlags.Ack, part));
            sent += (uint)part.Length;
        }

        GuestSegment reset = _guest.TakeAll()[^1];
        Assert.Equal((TcpFlags.Rst | TcpFlags.Ack, next, sent), (reset.Flags, reset.Sequence, reset.Acknowledgment));
        Assert.Equal(0, _guest.Network.ConnectionCount);
    }

    [Fact]
    public void Reset_WithTheNextNumberAlone_EndsTheConnection()
    {
        uint next = _guest.Connect(Port);
        _guest.Send(GuestFrames.Tcp(Port, First + 1, next, TcpFlags.Rst));
        Assert.Equal(1, _guest.Network.ConnectionCount);
        _guest.Send(GuestFrames.Tcp(Port, First, 0, TcpFlags.Rst));
        Assert.Equal(0, _guest.Network.ConnectionCount);
        Assert.Null(_guest.TakeFrame());
    }

    [Fact]
    public void Syn_OfAGuestThatForgotItsConnection_LeadsToANewOne()
    {
        uint next = _guest.Connect(Port);
        _guest.Send(GuestFrames.Tcp(Port, 77_000, 0, TcpFlags.Syn));
        GuestSegment challenge = _guest.Take();
        Assert.Equal((TcpFlags.Ack, next, First), (challenge.Flags, challenge.Sequence, challenge.Acknowledgment));
        _guest.Send(GuestFrames.Tcp(Port, challenge.Acknowledgment, 0, TcpFlags.Rst));
        _guest.Connect(Port, 77_000);
        Assert.Equal(1, _guest.Network.ConnectionCount);
    }

    [Fact]
    public void Acknowledgment_OfWhatWasNeverSent_ChangesNothing()
    {
        uint next = _guest.Connect(Port);
        _guest.Send(GuestFrames.Tcp(Port, First, next + 1, TcpFlags.Ack, MmdsGuest.Head));
        Assert.Equal((First, ""), (_guest.Take() is var got ? got.Acknowledgment : 0, got.Payload));
    }

    [Fact]
    public void Handshake_WithTheWrongNumber_IsReset()
    {
        _guest.Send(GuestFrames.Tcp(Port, 1000, 0, TcpFlags.Syn));
        uint first = _guest.Take().Sequence;
        _guest.Send(GuestFrames.Tcp(Port, First, first + 5, TcpFlags.Ack));
        Assert.Equal((TcpFlags.Rst, first + 5), (_guest.Take() is var got ? got.Flags : 0, got.Sequence));
    }

    [Theory]
    [InlineData("ACK", 80, "RST", 500u, 0u)]
    [InlineData("None", 80, "RST, ACK", 0u, 103u)]
    [InlineData("FIN", 80, "RST, ACK", 0u, 104u)]
    [InlineData("SYN", 81, "RST, ACK", 0u, 104u)]
    [InlineData("SYN, ACK", 80, "RST", 500u, 0u)]
    public void Segment_OfNoConnection_IsReset(string names, int port, string expectedNames, uint sequence, uint acknowledgment)
    {
        TcpFlags flags = Enum.Parse<TcpFlags>(names, ignoreCase: true);
        TcpFlags expected = Enum.Parse<TcpFlags>(expectedNames, ignoreCase: true);
        _guest.Send(GuestFrames.Tcp(Port, 100, 500, flags, "abc", targetPort: (ushort)port));
        GuestSegment reset = _guest.Take();
        Assert.Equal((expected, sequence, acknowledgment, port), (reset.Flags, reset.Sequence, reset.Acknowledgment, reset.SourcePort));
        Assert.Equal(0, _guest.Network.ConnectionCount);
    }

    [Fact]
    public void Reset_OfNoConnection_IsNotAnswered()
    {
        _guest.Send(GuestFrames.Tcp(Port, 100, 500, TcpFlags.Rst));
        Assert.Null(_guest.TakeFrame());
    }

    [Fact]
    public void Resets_MoreThanAreKept_AreForgotten()
    {
        for (ushort port = 1; port <= 100; port++)
        {
            _guest.Send(GuestFrames.Tcp(port, 100, 500, TcpFlags.Ack));
        }

        Assert.Equal(16, _guest.TakeAll().Count);
    }

    [Fact]
    public void Connections_MoreThanTheLimit_ReplaceOnlyTheSilent()
    {
        for (ushort i = 0; i < MetadataNetwork.MaxConnections; i++)
        {
            _guest.Connect((ushort)(Port + i));
            _guest.Clock.AdvanceMilliseconds(1);
        }

        _guest.Send(GuestFrames.Tcp(1, 9, 0, TcpFlags.Syn));
        Assert.Equal((TcpFlags.Rst | TcpFlags.Ack, 1), (_guest.Take() is var refused ? refused.Flags : 0, refused.Port));
        _guest.Clock.AdvanceMilliseconds(10_000);
        _guest.Send(GuestFrames.Tcp(1, 9, 0, TcpFlags.Syn));
        List<GuestSegment> segments = _guest.TakeAll();
        Assert.Equal([(TcpFlags.Rst | TcpFlags.Ack, Port), (TcpFlags.Syn | TcpFlags.Ack, 1)], segments.Select(segment => (segment.Flags, segment.Port)));
        Assert.Equal(MetadataNetwork.MaxConnections, _guest.Network.ConnectionCount);
    }

    [Fact]
    public void Answers_ThatHoldTooMuch_AreRefusedUntilOthersAreThrough()
    {
        var guest = new MmdsGuest($"\"\\n{new string('m', 100_000)}\"");
        string request = "GET / HTTP/1.1\r\n\r\n";
        var statuses = new List<string>();
        uint next = 0;
        for (ushort i = 0; i < 4; i++)
        {
            next = guest.Connect((ushort)(Port + i));
            guest.Send(GuestFrames.Tcp((ushort)(Port + i), First, next, TcpFlags.Ack, request));
            statuses.Add(guest.Take().Payload[..12]);
            guest.TakeAll();
        }

        Assert.Equal(["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 503", "HTTP/1.1 503"], statuses);
        Assert.Equal(2, guest.Metrics.TxRefusals);
        guest.Network.Reset();
        next = guest.Connect(Port);
        guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, request));
        Assert.StartsWith("HTTP/1.1 200", guest.Take().Payload, StringComparison.Ordinal);
    }

    [Fact]
    public void Reset_OfTheDriver_ForgetsEverything()
    {
        _guest.Send(GuestFrames.Arp());
        _guest.Send(GuestFrames.Tcp(1, 100, 500, TcpFlags.Ack));
        _guest.Send(GuestFrames.Tcp(Port, 1000, 0, TcpFlags.Syn));
        _guest.Network.Reset();
        Assert.False(_guest.Network.HasFrame);
        Assert.Equal((0, null), (_guest.Network.ConnectionCount, _guest.Network.UntilFrame));
        _guest.Connect(Port);
    }

    [Fact]
    public void Address_ThatWasConfigured_IsTheOne()
    {
        _guest.Service.Config = new MmdsConfig(["eth0"], Address: 0xa9fe_aa02);
        var network = new MetadataNetwork(_guest.Service, _guest.Clock);
        Assert.True(network.Takes(GuestFrames.Arp(target: 0xa9fe_aa02)));
        Assert.False(network.Takes(GuestFrames.Arp()));
    }

    [Fact]
    public void Document_ReplacedWhileItIsRead_IsReadToItsEnd()
    {
        var guest = new MmdsGuest($"\"{new string('m', 8000)}\"");
        uint next = guest.Connect(Port, window: 1000);
        guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, MmdsGuest.Head, window: 1000));
        guest.Take();
        guest.Service.Store.TryPut("1"u8);
        guest.Send(GuestFrames.Tcp(Port, First + (uint)MmdsGuest.Head.Length, next + 1000, TcpFlags.Ack));
        string rest = string.Concat(guest.TakeAll().Select(segment => segment.Payload));
        Assert.EndsWith(new string('m', 7000) + "\"", rest, StringComparison.Ordinal);
    }
}
