using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Tests.Legacy;

public sealed class PvpanicDeviceTests
{
    private readonly List<string> _reports = [];
    private readonly PvpanicDevice _device;

    public PvpanicDeviceTests() => _device = new PvpanicDevice(_reports.Add);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Read_AnySize_TellsTheEventsThatAreUnderstood(int size)
    {
        byte[] data = [.. Enumerable.Repeat((byte)0xff, size)];
        _device.Read(0, data);
        Assert.Equal(3, data[0]);
        Assert.All(data.Skip(1), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Write_AgainAndAgain_IsReportedOncePerKindAndCounted()
    {
        for (int i = 0; i < 1000; i++)
        {
            _device.Write(0, [PvpanicDevice.Panicked]);
        }

        _device.Write(0, [PvpanicDevice.CrashLoaded | PvpanicDevice.Panicked]);
        _device.Write(0, [0xff]);
        Assert.Equal(["guest panicked", "guest panicked and starts its crash kernel"], _reports);
        Assert.Equal(1002, _device.Panics);
    }

    [Fact]
    public void Write_OfUnknownEvents_IsNothing()
    {
        _device.Write(0, [0]);
        _device.Write(0, [0xfc]);
        Assert.Empty(_reports);
        Assert.Equal(0, _device.Panics);
    }
}
