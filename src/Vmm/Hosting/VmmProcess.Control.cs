using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Balloon;
using MicroVm.Vmm.Devices.Virtio.Block;
using MicroVm.Vmm.Devices.Virtio.Net;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Hosting;

/// <content>What clients of the API may do with the VM.</content>
internal sealed partial class VmmProcess : IVmControl
{
    // Non-blocking, because the path may be a FIFO's; close-on-exec.
    private const int OpenReadOnly = 0x800 | 0x80000;
    private const int OpenReadWrite = 0x2 | OpenReadOnly;

    private BalloonDevice Balloon => _machine!.Find<BalloonDevice>();

    void IVmControl.Start(VmConfig config) => Start(config);

    public void SetDriveLimits(string driveId, RateLimiterConfig limits) =>
        _machine!.Find<BlockDevice>(BlockDevice.NameOf(driveId)).UpdateLimits(limits);

    public void SetNetworkLimits(string id, RateLimiterConfig? rx, RateLimiterConfig? tx) =>
        _machine!.Find<NetDevice>(NetDevice.NameOf(id)).UpdateLimits(rx, tx);

    public void ReplaceDisk(string driveId, string path) => _machine!.Find<BlockDevice>(BlockDevice.NameOf(driveId)).ReplaceDisk(path);

    public void CheckFile(string path, bool isWritable)
    {
        int fd = Libc.open(path, isWritable ? OpenReadWrite : OpenReadOnly, 0);
        if (fd < 0)
        {
            throw OsFaultException.FromLastError("open", path);
        }

        _ = Libc.close(fd);
    }

    public void ConfigureLogger(LoggerConfig logger)
    {
        if (logger.LogPath is not null)
        {
            _logger.OpenFile(logger.LogPath);
        }

        _logger.Configure(logger.Level, logger.ShowLevel, logger.ShowLogOrigin, logger.Module);
    }

    public void OpenMetrics(string path)
    {
        if (_metrics is not null)
        {
            throw new VmmFaultException(ExitCode.BadConfiguration, "metrics: expected one path, found a second");
        }

        _metrics = new MetricsLog(path, _loop, CollectMetrics);
    }

    public void FlushMetrics() => _metrics?.Flush();

    public void Pause() => _machine!.Pause();

    public void Resume() => _machine!.Resume();

    public void SendCtrlAltDel() => _machine!.SendCtrlAltDel();

    public void SetBalloonTarget(int amountMib) => Balloon.SetTarget(amountMib);

    public void SetStatisticsInterval(int seconds) => Balloon.SetStatisticsInterval(seconds);

    public void StartHinting(bool acknowledgesEnd) => Balloon.StartHinting(acknowledgesEnd);

    public void StopHinting() => Balloon.StopHinting();

    public (uint HostCommand, uint? GuestCommand) ReadHinting() => (Balloon.Hinting.HostCommand, Balloon.Hinting.GuestCommand);

    public BalloonReport ReadBalloon()
    {
        BalloonDevice balloon = Balloon;
        ulong?[] statistics = new ulong?[BalloonStatistics.TagCount];
        for (int tag = 0; tag < statistics.Length; tag++)
        {
            statistics[tag] = balloon.Statistics[tag];
        }

        return new BalloonReport(balloon.TargetPages, balloon.ActualPages, statistics);
    }

    private List<MetricsSection> CollectMetrics()
    {
        List<MetricsSection> sections = _machine?.CollectMetrics() ?? [];
        _apiMetrics.AddTo(sections);
        sections.Add(_metadata.Metrics.ToSection());
        return sections;
    }
}
