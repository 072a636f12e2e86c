namespace MicroVm.Shared.Contracts.Api;

/// <summary>A VM as its device reports it.</summary>
/// <param name="Name">Name on the device.</param>
/// <param name="Deployment">Deployment that it comes from.</param>
/// <param name="Revision">Revision that it runs.</param>
/// <param name="Phase">A <see cref="Reported.VmPhase"/> by name.</param>
/// <param name="Reason">One word for programs; empty when all is well.</param>
/// <param name="Message">One line for people.</param>
/// <param name="Restarts">Times that the workload was started again.</param>
/// <param name="ImageDigest">Image that it runs.</param>
/// <param name="MemoryMib">Guest memory in MiB.</param>
/// <param name="VmmPid">Process id of the VMM on the device; 0 when none runs.</param>
/// <param name="LastExitCode">Exit code of the last run; null when it never ended.</param>
public sealed record VmView(
    string Name,
    string Deployment,
    int Revision,
    string Phase,
    string Reason,
    string Message,
    int Restarts,
    string ImageDigest,
    int MemoryMib,
    int VmmPid,
    int? LastExitCode)
{
    /// <summary><c>Service</c> or <c>Job</c>; empty when the device is not to run it any more.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Whether the workload has started up and says that it is ready; null when the device does not say.</summary>
    public bool? Ready { get; init; }

    /// <summary>Guest memory that it has now in MiB, of one whose memory may grow and shrink; 0 for any other, and when none runs.</summary>
    public int MemoryGrantedMib { get; init; }

    /// <summary>When the job runs next, by the device's clock; null when it has no schedule.</summary>
    public DateTimeOffset? NextRun { get; init; }
}
