using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>
/// One VM in memory. Its fields change under the table's rules: the record and the remark through <see cref="VmTable"/>,
/// the instance by the VM's supervisor, the fetch failures by the VM's one worker.
/// </summary>
internal sealed class VmEntry(ResourceName name)
{
    /// <summary>Name on the device.</summary>
    internal ResourceName Name { get; } = name;

    /// <summary>Guards the record and what depends on it.</summary>
    internal Lock Lock { get; } = new();

    /// <summary>What is durable; null when it was never started.</summary>
    internal volatile VmRecord? Record;

    /// <summary>What is said beyond the record.</summary>
    internal volatile VmRemark? Remark;

    /// <summary>The live VM; null when no VMM runs.</summary>
    internal volatile VmInstance? Instance;

    /// <summary>What the probes of the live VM say; null when it has not said, as after the agent was started anew.</summary>
    internal volatile VmHealth? Health;

    /// <summary>How the live VM is from inside; null when it has not said.</summary>
    internal volatile GuestMetrics? Metrics;

    private int _errorLines;

    /// <summary>The workload wrote a line to standard error.</summary>
    internal void AddErrorLine() => Interlocked.Increment(ref _errorLines);

    /// <summary>Lines to standard error since the last time that this was asked.</summary>
    internal int TakeErrorLines() => Interlocked.Exchange(ref _errorLines, 0);

    /// <summary>Failures to fetch an image.</summary>
    internal FetchFailures Fetches { get; } = new();
}
