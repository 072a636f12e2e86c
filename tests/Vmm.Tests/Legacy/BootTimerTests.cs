using MicroVm.Vmm.Devices.Legacy;
using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Tests.Legacy;

public sealed class BootTimerTests
{
    private readonly List<string> _lines = [];

    [Fact]
    public void Write_OfTheValue_BecomesOneLine()
    {
        BootTimer timer = new(ProcessClock.WallMicroseconds, ProcessClock.CpuMicroseconds, _lines.Add);
        timer.Write(0, [BootTimer.BootedValue]);
        timer.Write(0, [BootTimer.BootedValue]);
        Assert.Matches("^Guest-boot-time = [0-9]+ us [0-9]+ ms, [0-9]+ CPU us [0-9]+ CPU ms$", Assert.Single(_lines));
    }

    [Fact]
    public void Write_OfAnythingElse_MeansNothing()
    {
        BootTimer timer = new(0, 0, _lines.Add);
        timer.Write(0, [122]);
        timer.Write(0, [123, 0]);
        timer.Write(1, [123]);
        timer.Write(0, [123, 0, 0, 0, 0, 0, 0, 0]);
        Assert.Empty(_lines);
    }

    [Fact]
    public void Write_BeforeTheStartThatWasGiven_IsZeroTime()
    {
        BootTimer timer = new(ulong.MaxValue, ulong.MaxValue, _lines.Add);
        timer.Write(0, [BootTimer.BootedValue]);
        Assert.Equal(["Guest-boot-time = 0 us 0 ms, 0 CPU us 0 CPU ms"], _lines);
    }
}
