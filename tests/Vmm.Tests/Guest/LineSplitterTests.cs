using System.Text;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Vmm.Guest.Logs;

namespace MicroVm.Vmm.Tests.Guest;

public class LineSplitterTests
{
    private readonly List<string> _lines = [];
    private readonly LineSplitter _splitter;

    public LineSplitterTests() => _splitter = new LineSplitter(_lines.Add);

    [Fact]
    public void Push_SeveralLines_EmitsEachWithoutItsEnd()
    {
        Push("one\ntwo\r\n\nfour\n");
        Assert.Equal(["one", "two", "", "four"], _lines);
    }

    [Fact]
    public void Push_LineInPieces_EmitsItOnceWhole()
    {
        foreach (char c in "abc\r\ndef\n")
        {
            Push(c.ToString());
        }

        Assert.Equal(["abc", "def"], _lines);
    }

    [Fact]
    public void Flush_PartialLine_EmitsItOnce()
    {
        Push("done\npartial");
        _splitter.Flush();
        _splitter.Flush();
        Assert.Equal(["done", "partial"], _lines);
    }

    [Fact]
    public void Push_LineOfExactlyTheLimit_StaysOneLine()
    {
        string longest = new('x', LogLine.MaxTextBytes);
        Push(longest + "\n");
        Assert.Equal([longest], _lines);
    }

    [Fact]
    public void Push_LineOverTheLimit_IsCutAndNothingIsLost()
    {
        string text = string.Concat(Enumerable.Range(0, 4000).Select(i => $"{i},"));
        Push(text + "\nnext\n");
        Assert.Equal(text, string.Concat(_lines.SkipLast(1)));
        Assert.Equal("next", _lines[^1]);
        Assert.All(_lines, AssertFits);
    }

    [Theory]
    [InlineData("é")]
    [InlineData("€")]
    [InlineData("😀")]
    public void Push_LongLineOfWideCharacters_IsCutBetweenThem(string character)
    {
        string text = "a" + string.Concat(Enumerable.Repeat(character, LogLine.MaxTextBytes));
        Push(text + "\n");
        Assert.Equal(text, string.Concat(_lines));
        Assert.All(_lines, AssertFits);
    }

    [Fact]
    public void Push_InvalidUtf8_BecomesReplacementCharactersWithinTheLimit()
    {
        byte[] bytes = new byte[LogLine.MaxTextBytes + 1];
        Array.Fill(bytes, (byte)0xFF);
        bytes[^1] = (byte)'\n';
        _splitter.Push(bytes);
        Assert.Equal(LogLine.MaxTextBytes, string.Concat(_lines).Count(c => c == '\uFFFD'));
        Assert.All(_lines, AssertFits);
    }

    private static void AssertFits(string line) => Assert.InRange(Encoding.UTF8.GetByteCount(line), 0, LogLine.MaxTextBytes);

    private void Push(string text) => _splitter.Push(Encoding.UTF8.GetBytes(text));
}
