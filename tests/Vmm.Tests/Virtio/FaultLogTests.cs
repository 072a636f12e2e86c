using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;

namespace MicroVm.Vmm.Tests.Virtio;

public sealed class FaultLogTests
{
    [Fact]
    public void Report_MoreThanTheLimit_TellsLaterHowManyWereLeftOut()
    {
        var lines = new List<string>();
        var log = new FaultLog(lines.Add);
        for (int i = 0; i < 10; i++)
        {
            log.Report("vsock", GuestFault.ChainTooLong, i);
        }

        Assert.Equal(FaultLog.LinesPerInterval, lines.Count);
        log.Report("vsock", GuestFault.ChainTooLong, FaultLog.IntervalMilliseconds);
        Assert.Contains("(7 earlier lines left out)", lines[^1], StringComparison.Ordinal);
    }
}
