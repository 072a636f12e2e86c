using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Vmm.Guest.Logs;

namespace MicroVm.Vmm.Tests.Guest;

public class LogBufferTests
{
    [Fact]
    public void TakeAfter_Lines_ComeInOrderFromSequenceOne()
    {
        LogBuffer buffer = Filled(3);
        Assert.Equal([(1UL, "line 1"), (2UL, "line 2"), (3UL, "line 3")], Drain(buffer));
    }

    [Fact]
    public void TakeAfter_FromTheStartAgain_RepeatsWhatWasNotAcknowledged()
    {
        LogBuffer buffer = Filled(4);
        Drain(buffer);
        buffer.Acknowledge(2);
        Assert.Equal([3UL, 4UL], Drain(buffer).Select(line => line.Sequence));
    }

    [Fact]
    public void Add_OverCapacity_DropsTheOldestAndLeavesAGap()
    {
        LogBuffer buffer = new(capacityBytes: 200);
        for (int i = 1; i <= 50; i++)
        {
            buffer.Add(0, LogStream.Stdout, $"line {i}");
        }

        List<(ulong Sequence, string Text)> kept = Drain(buffer);
        Assert.Equal(50UL, kept[^1].Sequence);
        Assert.InRange(kept[0].Sequence, 35UL, 49UL);
        Assert.Equal(Enumerable.Range((int)kept[0].Sequence, kept.Count).Select(i => (ulong)i), kept.Select(line => line.Sequence));
        Assert.All(kept, line => Assert.Equal($"line {line.Sequence}", line.Text));
    }

    [Fact]
    public void Add_ManyLines_KeepsThemAllAcrossGrowth()
    {
        LogBuffer buffer = Filled(10);
        buffer.Acknowledge(7);
        for (int i = 11; i <= 1000; i++)
        {
            buffer.Add(0, LogStream.Stderr, $"line {i}");
        }

        Assert.Equal(Enumerable.Range(8, 993).Select(i => $"line {i}"), Drain(buffer).Select(line => line.Text));
    }

    [Theory]
    [InlineData(0UL, 1UL)]
    [InlineData(3UL, 4UL)]
    [InlineData(5UL, 6UL)]
    [InlineData(6UL, 1UL)]
    [InlineData(ulong.MaxValue, 1UL)]
    public void Acknowledge_Sequence_ForgetsOnlyWhatWasGivenOut(ulong sequence, ulong first)
    {
        LogBuffer buffer = Filled(5);
        buffer.Acknowledge(sequence);
        Assert.Equal(first, buffer.FirstSequence);
        Assert.Equal(5UL, buffer.LastSequence);
    }

    [Fact]
    public void Acknowledge_OlderThanWhatIsKept_ChangesNothing()
    {
        LogBuffer buffer = Filled(5);
        buffer.Acknowledge(4);
        buffer.Acknowledge(2);
        Assert.Equal(5UL, buffer.FirstSequence);
    }

    private static LogBuffer Filled(int lines)
    {
        LogBuffer buffer = new();
        for (int i = 1; i <= lines; i++)
        {
            buffer.Add(1000 + i, LogStream.Stdout, $"line {i}");
        }

        return buffer;
    }

    private static List<(ulong Sequence, string Text)> Drain(LogBuffer buffer)
    {
        List<(ulong, string)> lines = [];
        ulong sequence = 0;
        while (buffer.TakeAfter(ref sequence) is { } frame)
        {
            GuestLogLine line = Assert.IsType<GuestLogLine>(GuestMessage.Decode(frame.AsMemory(GuestChannel.HeaderBytes)));
            Assert.Equal(sequence, line.Sequence);
            lines.Add((line.Sequence, line.Text));
        }

        return lines;
    }
}
