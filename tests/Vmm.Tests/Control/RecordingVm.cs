using MicroVm.Vmm.Control;

namespace MicroVm.Vmm.Tests.Control;

/// <summary>A VM that does nothing but note what the API wants of it.</summary>
internal sealed class RecordingVm : IVmControl
{
    internal List<VmConfig> Started { get; } = [];

    internal List<string> Calls { get; } = [];

    internal Exception? StartFault { get; set; }

    internal Exception? ReplaceFault { get; set; }

    internal Exception? FileFault { get; set; }

    internal BalloonReport BalloonReport { get; set; } = new(0, 0, new ulong?[16]);

    public void Start(VmConfig config)
    {
        if (StartFault is not null)
        {
            throw StartFault;
        }

        Started.Add(config);
    }

    public void SetDriveLimits(string driveId, RateLimiterConfig limits) => Calls.Add($"limits of {driveId}: {limits}");

    public void SetNetworkLimits(string id, RateLimiterConfig? rx, RateLimiterConfig? tx) => Calls.Add($"limits of {id}: rx {rx}, tx {tx}");

    public void ReplaceDisk(string driveId, string path)
    {
        if (ReplaceFault is not null)
        {
            throw ReplaceFault;
        }

        Calls.Add($"disk of {driveId} is {path}");
    }

    public void CheckFile(string path, bool isWritable)
    {
        if (FileFault is not null)
        {
            throw FileFault;
        }
    }

    public void ConfigureLogger(LoggerConfig logger) => Calls.Add($"logger {logger}");

    public void OpenMetrics(string path) => Calls.Add($"metrics to {path}");

    public void FlushMetrics() => Calls.Add("flush metrics");

    public void Pause() => Calls.Add("pause");

    public void Resume() => Calls.Add("resume");

    public void SendCtrlAltDel() => Calls.Add("ctrl-alt-del");

    public void SetBalloonTarget(int amountMib) => Calls.Add($"balloon {amountMib} MiB");

    public void SetStatisticsInterval(int seconds) => Calls.Add($"statistics every {seconds} s");

    public void StartHinting(bool acknowledgesEnd) => Calls.Add($"hinting starts, acknowledges: {acknowledgesEnd}");

    public void StopHinting() => Calls.Add("hinting stops");

    public (uint HostCommand, uint? GuestCommand) ReadHinting() => (7, Calls.Count == 0 ? null : 6);

    public BalloonReport ReadBalloon() => BalloonReport;
}
