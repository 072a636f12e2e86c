using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Faults;
using MicroVm.Vmm.Guest.Channel;

namespace MicroVm.Vmm.Tests.Guest;

public class FrameReaderTests
{
    private readonly FrameReader _reader = new();

    [Fact]
    public void TryTake_FramesByteByByte_GivesEachOnce()
    {
        GuestMessage[] sent = [new GuestLogAck(7), new GuestShutdown(30), new GuestExitAck()];
        List<GuestMessage> taken = [];
        foreach (byte b in sent.SelectMany(GuestChannel.Frame))
        {
            _reader.Append([b]);
            TakeAll(taken);
        }

        Assert.Equal(sent, taken);
    }

    [Fact]
    public void TryTake_FramesInOneRead_GivesAll()
    {
        GuestMessage[] sent = [.. Enumerable.Range(1, 500).Select(i => new GuestLogAck((ulong)i))];
        _reader.Append(sent.SelectMany(GuestChannel.Frame).ToArray());
        List<GuestMessage> taken = [];
        TakeAll(taken);
        Assert.Equal(sent, taken);
    }

    [Fact]
    public void TryTake_LargeFrameThenSmall_GivesBoth()
    {
        GuestExited large = new(1, new string('m', 60_000));
        _reader.Append([.. GuestChannel.Frame(large), .. GuestChannel.Frame(new GuestLogAck(1))[..3]]);
        List<GuestMessage> taken = [];
        TakeAll(taken);
        _reader.Append(GuestChannel.Frame(new GuestLogAck(1)).AsSpan(3));
        TakeAll(taken);
        Assert.Equal([large, new GuestLogAck(1)], taken);
    }

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(0xFF, 0xFF, 0xFF, 0xFF)]
    [InlineData(0, 4, 0, 1)]
    public void TryTake_BadLength_IsRefusedBeforeAnythingIsReadForIt(byte a, byte b, byte c, byte d)
    {
        _reader.Append([a, b, c, d]);
        Assert.Throws<WireFormatException>(() => _reader.TryTake(out _));
    }

    [Fact]
    public void TryTake_BodyThatIsNoMessage_IsRefused()
    {
        _reader.Append([0, 0, 0, 2, 0xA1, 0x00]);
        Assert.Throws<WireFormatException>(() => _reader.TryTake(out _));
    }

    private void TakeAll(List<GuestMessage> taken)
    {
        while (_reader.TryTake(out GuestMessage? message))
        {
            taken.Add(message!);
        }
    }
}
