using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Faults;

namespace MicroVm.Shared.Tests.Contracts;

public sealed class GuestChannelTests
{
    [Fact]
    public void Frame_IsALengthAndTheMessage()
    {
        byte[] frame = GuestChannel.Frame(new GuestStarted(7));

        Assert.Equal(Convert.FromHexString("00000005a200030107"), frame);
        Assert.Equal(5, GuestChannel.ReadLength(frame));
        Assert.Equal(new GuestStarted(7), GuestMessage.Decode(frame.AsMemory(GuestChannel.HeaderBytes)));
    }

    [Theory]
    [InlineData("00000001", 1)]
    [InlineData("00040000", GuestChannel.MaxFrameBytes)]
    public void Length_WithinTheLimit_IsRead(string header, int expected) =>
        Assert.Equal(expected, GuestChannel.ReadLength(Convert.FromHexString(header)));

    [Theory]
    [InlineData("00000000")]
    [InlineData("00040001")]
    [InlineData("7fffffff")]
    [InlineData("ffffffff")]
    public void Length_OutsideTheLimit_IsRefused(string header) =>
        Assert.Throws<WireFormatException>(() => GuestChannel.ReadLength(Convert.FromHexString(header)));

    [Theory]
    [InlineData("a0")]
    [InlineData("a10000")]
    [InlineData("a1000c")]
    [InlineData("a10020")]
    public void Kind_Unknown_IsRefused(string body) =>
        Assert.Throws<WireFormatException>(() => GuestMessage.Decode(Convert.FromHexString(body)));
}
