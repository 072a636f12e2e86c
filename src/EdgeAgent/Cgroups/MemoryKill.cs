namespace MicroVm.EdgeAgent.Cgroups;

/// <summary>The host's kernel killed a VMM for want of memory.</summary>
/// <param name="AtOwnLimit">Its cgroup was full; else all VMs' memory, or the device's, was.</param>
/// <param name="LimitMib">The limit of its cgroup.</param>
internal sealed record MemoryKill(bool AtOwnLimit, long LimitMib)
{
    /// <summary>One line about it for people.</summary>
    internal string Text => AtOwnLimit
        ? $"the host's kernel killed the VMM: it reached its limit of {LimitMib} MiB"
        : $"the host's kernel killed the VMM: the device ran out of memory for VMs (its own limit of {LimitMib} MiB was not reached)";
}
