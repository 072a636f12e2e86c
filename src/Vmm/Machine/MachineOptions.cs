using MicroVm.Vmm.Jail;
using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Machine;

/// <summary>What the command line, and not the configuration, says about the machine.</summary>
/// <param name="ReadsStandardInput">Standard input is the guest's serial input.</param>
/// <param name="Metadata">What the guest may read where its configuration lets it.</param>
/// <param name="Filters">System calls that vCPUs may make; null for all.</param>
/// <param name="BootTimerStart">Wall and processor time, in microseconds, that the boot timer counts from; null for a machine without one.</param>
internal sealed record MachineOptions(bool ReadsStandardInput, MetadataService Metadata, SystemCallFilters? Filters, (ulong Wall, ulong Cpu)? BootTimerStart);
