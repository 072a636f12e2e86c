using MicroVm.Vmm.Mmds;
using MicroVm.Vmm.Mmds.Network;
using MicroVm.Vmm.Tests.RateLimiting;

namespace MicroVm.Vmm.Tests.Mmds;

/// <summary>A guest with its wire in hand: frames go straight into the metadata service's network and come straight out.</summary>
internal sealed class MmdsGuest
{
    internal const string Head = "GET / HTTP/1.1\r\nAccept: application/json\r\n\r\n";

    internal MmdsGuest(string document = """{"a":1}""", int limitBytes = 1 << 20)
    {
        Service = new MetadataService(limitBytes, Clock);
        Assert.True(Service.Store.TryPut(System.Text.Encoding.UTF8.GetBytes(document)));
        Network = new MetadataNetwork(Service, Clock);
    }

    internal ManualClock Clock { get; } = new();

    internal MetadataService Service { get; }

    internal MetadataNetwork Network { get; }

    internal MmdsMetrics Metrics => Service.Metrics;

    /// <summary>What the device does with a frame: true when the network does not get it.</summary>
    internal bool Send(byte[] frame)
    {
        bool taken = Network.Takes(frame.AsSpan(0, Math.Min(frame.Length, 42)));
        if (taken)
        {
            Network.Accept(frame.AsSpan(0, Math.Min(frame.Length, Network.MaxFrameBytes)));
        }

        return taken;
    }

    internal byte[]? TakeFrame()
    {
        if (!Network.HasFrame)
        {
            return null;
        }

        byte[] frame = new byte[Network.MaxFrameBytes];
        int bytes = Network.Write(frame);
        Assert.NotEqual(0, bytes);
        return frame[..bytes];
    }

    internal GuestSegment Take()
    {
        byte[]? frame = TakeFrame();
        Assert.NotNull(frame);
        return GuestFrames.ParseTcp(frame);
    }

    internal List<GuestSegment> TakeAll()
    {
        List<GuestSegment> segments = [];
        while (TakeFrame() is { } frame)
        {
            segments.Add(GuestFrames.ParseTcp(frame));
        }

        return segments;
    }

    /// <summary>Opens a connection from this port; returns the service's first sequence number behind its SYN.</summary>
    internal uint Connect(ushort port, uint sequence = 1000, ushort window = 64_240, ushort? largestPayload = 1460)
    {
        Assert.True(Send(GuestFrames.Tcp(port, sequence, 0, TcpFlags.Syn, window: window, largestPayload: largestPayload)));
        GuestSegment answer = Take();
        Assert.Equal((TcpFlags.Syn | TcpFlags.Ack, sequence + 1, port), (answer.Flags, answer.Acknowledgment, answer.Port));
        Assert.Equal((1460, TcpConnection.RequestBytes), (answer.LargestPayload, answer.Window));
        Send(GuestFrames.Tcp(port, sequence + 1, answer.Sequence + 1, TcpFlags.Ack, window: window));
        Assert.Null(TakeFrame());
        return answer.Sequence + 1;
    }
}
