namespace MicroVm.TestKit;

/// <summary>What the VMs of a device have at one moment.</summary>
/// <param name="Seconds">Since the first sample.</param>
/// <param name="Vms">Each VM, by name.</param>
/// <param name="AvailableMib">What is left of the device's memory.</param>
/// <param name="ChargedMib">What the kernel charges the VMs' cgroup with, the kernel's own tables and file pages included.</param>
public sealed record MemorySample(double Seconds, IReadOnlyList<MemorySample.Vm> Vms, long AvailableMib, long ChargedMib)
{
    /// <summary>All grants together.</summary>
    public long GrantedMib => Vms.Sum(static vm => vm.GrantedMib);

    /// <summary>Everything that VMs and VMMs hold.</summary>
    public long HeldMib => Vms.Sum(static vm => vm.HeldMib);

    /// <summary>One VM.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Phase">Where it is.</param>
    /// <param name="GrantedMib">What it is meant to have.</param>
    /// <param name="HeldMib">What its VMM process has, the guest's memory included.</param>
    /// <param name="Restarts">How often it was started again.</param>
    /// <param name="Pid">Its VMM.</param>
    public sealed record Vm(string Name, string Phase, long GrantedMib, long HeldMib, int Restarts, int Pid);
}
