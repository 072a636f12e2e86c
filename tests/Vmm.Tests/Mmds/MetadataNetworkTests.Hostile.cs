using MicroVm.Vmm.Mmds.Network;

namespace MicroVm.Vmm.Tests.Mmds;

/// <content>Frames that are not what they say.</content>
public sealed partial class MetadataNetworkTests
{
    [Theory]
    [InlineData(14, 0x65)]
    [InlineData(14, 0x44)]
    [InlineData(14, 0x4f)]
    [InlineData(16, 0xff)]
    [InlineData(16, 0x00, 17, 0x13)]
    [InlineData(17, 0x29)]
    [InlineData(46, 0x40)]
    [InlineData(46, 0xf0)]
    public void Length_ThatLies_IsCountedAndDropped(params int[] changes)
    {
        byte[] frame = GuestFrames.Tcp(Port, 1000, 0, TcpFlags.Syn);
        for (int i = 0; i < changes.Length; i += 2)
        {
            frame[changes[i]] = (byte)changes[i + 1];
        }

        Assert.True(_guest.Send(frame));
        Assert.Equal((1, 0), (_guest.Metrics.RxMalformed, _guest.Network.ConnectionCount));
        Assert.Null(_guest.TakeFrame());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(5)]
    public void Option_ThatLies_IsCountedAndDropped(byte length)
    {
        byte[] frame = GuestFrames.Tcp(Port, 1000, 0, TcpFlags.Syn, largestPayload: 1460);
        frame[GuestFrames.HeaderBytes + 1] = length;
        _guest.Send(frame);
        Assert.Equal(1, _guest.Metrics.RxMalformed);
    }

    [Fact]
    public void Frame_CutAnywhere_IsNeverAConnection()
    {
        byte[] frame = GuestFrames.Tcp(Port, 1000, 0, TcpFlags.Syn, largestPayload: 1460);
        for (int length = 0; length < frame.Length; length++)
        {
            _guest.Send(frame[..length]);
            _guest.Network.Accept(frame.AsSpan(0, length));
        }

        Assert.Equal(0, _guest.Network.ConnectionCount);
        Assert.Null(_guest.TakeFrame());
    }

    [Theory]
    [InlineData(20, 0x20)]
    [InlineData(21, 0x01)]
    [InlineData(23, 0x11)]
    public void Packet_ThatIsAFragmentOrNoTcp_IsUnusual(int offset, byte value)
    {
        byte[] frame = GuestFrames.Tcp(Port, 1000, 0, TcpFlags.Syn);
        frame[offset] = value;
        Assert.True(_guest.Send(frame));
        Assert.Equal((1, 0), (_guest.Metrics.RxUnusual, _guest.Network.ConnectionCount));
    }

    [Fact]
    public void Frame_WithPaddingOrIpOptions_IsTaken()
    {
        byte[] frame = GuestFrames.Tcp(Port, 1000, 0, TcpFlags.Syn);
        _guest.Send([.. frame, 0, 0, 0, 0, 0, 0]);
        Assert.Equal(TcpFlags.Syn | TcpFlags.Ack, _guest.Take().Flags);
        frame[14] = 0x46;
        frame[17] += 4;
        _guest.Send([.. frame[..34], 1, 1, 1, 0, .. frame[34..]]);
        Assert.Equal(TcpFlags.Syn | TcpFlags.Ack, _guest.Take().Flags);
    }

    [Fact]
    public void Frame_LongerThanAnyWindow_IsDropped()
    {
        uint next = _guest.Connect(Port);
        Assert.True(_guest.Send(GuestFrames.Tcp(Port, First, next, TcpFlags.Ack, new string('x', 60_000))));
        Assert.Equal(1, _guest.Metrics.RxMalformed);
        Assert.Equal(1, _guest.Network.ConnectionCount);
    }
}
