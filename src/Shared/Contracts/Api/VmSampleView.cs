namespace MicroVm.Shared.Contracts.Api;

/// <summary>One look at one VM.</summary>
/// <param name="Name">VM name.</param>
/// <param name="CpuPermille">1,000 is one processor.</param>
/// <param name="ResidentBytes">Resident memory of the VMM, guest memory included.</param>
/// <param name="Phase">Phase by name.</param>
public sealed record VmSampleView(string Name, int CpuPermille, ulong ResidentBytes, string Phase)
{
    /// <summary>Memory that the guest's kernel manages; 0 when the guest did not say.</summary>
    public ulong GuestMemoryBytes { get; init; }

    /// <summary>What could still be had of it.</summary>
    public ulong GuestAvailableBytes { get; init; }

    /// <summary>Load average of a minute in the guest; 1,000 is one runnable task.</summary>
    public int GuestLoadPermille { get; init; }

    /// <summary>Size of its volumes.</summary>
    public ulong VolumeBytes { get; init; }

    /// <summary>What is used of them.</summary>
    public ulong VolumeUsedBytes { get; init; }

    /// <summary>Lines on standard error since the sample before.</summary>
    public int ErrorLines { get; init; }

    /// <summary>Memory that the balloon holds back from the guest, in MiB.</summary>
    public int BalloonMib { get; init; }

    /// <summary>Bytes that disks read for it. A counter, as those below: it rises, and begins anew now and then.</summary>
    public ulong BlockReadBytes { get; init; }

    /// <summary>Bytes that disks wrote for it.</summary>
    public ulong BlockWrittenBytes { get; init; }

    /// <summary>Bytes that the guest received from the network.</summary>
    public ulong NetworkReceivedBytes { get; init; }

    /// <summary>Bytes that the guest sent to the network.</summary>
    public ulong NetworkSentBytes { get; init; }

    /// <summary>How often it was started again.</summary>
    public int Restarts { get; init; }

    /// <summary>How often its processors left the guest; 0 where the device does not count.</summary>
    public ulong Exits { get; init; }
}
