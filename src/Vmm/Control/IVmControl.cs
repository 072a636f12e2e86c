namespace MicroVm.Vmm.Control;

/// <summary>
/// What the API may do with the one VM. On the loop thread. Everything but <see cref="Start"/>, <see cref="CheckFile"/>, <see cref="ConfigureLogger"/> and <see cref="OpenMetrics"/> needs a VM that was started; what needs
/// a device is called only when the configuration has it. An OsFaultException or VmmFaultException becomes the client's answer.
/// </summary>
internal interface IVmControl
{
    /// <summary>Makes the VM and lets it run.</summary>
    void Start(VmConfig config);

    /// <summary>Changes the limits of this drive.</summary>
    void SetDriveLimits(string driveId, RateLimiterConfig limits);

    /// <summary>Changes the limits of a network interface; null leaves a direction as it is.</summary>
    void SetNetworkLimits(string id, RateLimiterConfig? rx, RateLimiterConfig? tx);

    /// <summary>Serves another file as the disk of this drive.</summary>
    void ReplaceDisk(string driveId, string path);

    /// <summary>Throws when this file cannot be opened now; before the start.</summary>
    void CheckFile(string path, bool isWritable);

    /// <summary>Changes where the log goes and what it shows; before the start.</summary>
    void ConfigureLogger(LoggerConfig logger);

    /// <summary>Appends metrics to this file from now on; before the start as well.</summary>
    void OpenMetrics(string path);

    /// <summary>Writes a metrics line now, when there is a file for them.</summary>
    void FlushMetrics();

    /// <summary>Stops the vCPUs between two instructions; returns when all have stopped.</summary>
    void Pause();

    /// <summary>Lets the vCPUs go on.</summary>
    void Resume();

    /// <summary>Types Ctrl+Alt+Del on the guest's keyboard.</summary>
    void SendCtrlAltDel();

    /// <summary>Asks the guest to give up this many MiB.</summary>
    void SetBalloonTarget(int amountMib);

    /// <summary>Changes how often the guest's statistics are taken, in seconds.</summary>
    void SetStatisticsInterval(int seconds);

    /// <summary>What is known about the balloon now.</summary>
    BalloonReport ReadBalloon();

    /// <summary>Asks the guest for its free pages; the run ends when the guest has no more, or stays open until it is stopped.</summary>
    void StartHinting(bool acknowledgesEnd);

    /// <summary>Ends the hinting run.</summary>
    void StopHinting();

    /// <summary>The hinting run asked for (0: none, 1: ended) and the last command of the guest.</summary>
    (uint HostCommand, uint? GuestCommand) ReadHinting();
}
