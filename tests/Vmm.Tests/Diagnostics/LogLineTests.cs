using System.Text;
using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Tests.Diagnostics;

public sealed class LogLineTests
{
    [Fact]
    public void AppendTime_Instant_HasNanosecondDigits()
    {
        LogLine line = new(new byte[64]);
        line.AppendTime(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).AddTicks(1234567));
        line.Append("x");
        Assert.Equal("2026-01-02T03:04:05.123456700 x\n", Encoding.UTF8.GetString(line.Finish()));
    }

    [Fact]
    public void Append_ControlCharacters_StayOnOneLine()
    {
        LogLine line = new(new byte[64]);
        line.Append("a\nb\u001b[2Jc");
        Assert.Equal("a b [2Jc\n", Encoding.UTF8.GetString(line.Finish()));
    }

    [Fact]
    public void Append_MoreThanFits_IsCutAndStillEndsWithALineFeed()
    {
        LogLine line = new(new byte[8]);
        line.Append("0123456789");
        line.Append("more");
        Assert.Equal("0123456\n", Encoding.UTF8.GetString(line.Finish()));
    }
}
