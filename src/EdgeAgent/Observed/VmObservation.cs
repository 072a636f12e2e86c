using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Observed;

/// <summary>What is so about one VM when it is planned for.</summary>
internal sealed record VmObservation
{
    /// <summary>Nothing is known of the VM.</summary>
    internal static VmObservation None { get; } = new();

    /// <summary>Its record; null when it was never started.</summary>
    public VmRecord? Record { get; init; }

    /// <summary>Its VMM process is alive.</summary>
    public bool ProcessAlive { get; init; }

    /// <summary>The device's architecture.</summary>
    public string Architecture { get; init; } = MachineArchitecture.X64;

    /// <summary>The image of the desired specification is on the disk.</summary>
    public bool ImagePresent { get; init; }

    /// <summary>The image of its record's specification is on the disk.</summary>
    public bool RecordImagePresent { get; init; }

    /// <summary>Whether it has its memory.</summary>
    public MemoryVerdict Memory { get; init; } = MemoryVerdict.Fitting;

    /// <summary>What of the device's memory for VMs other VMs do not hold now, in MiB.</summary>
    public long FreeMib { get; init; } = long.MaxValue;

    /// <summary>Why it has to give back memory by a restart, with the numbers; null when it has not.</summary>
    public string? Reclaim { get; init; }

    /// <summary>The image is not to be fetched before this; null when at once.</summary>
    public DateTimeOffset? FetchNotBefore { get; init; }
}
