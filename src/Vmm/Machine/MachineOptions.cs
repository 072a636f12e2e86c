namespace MicroVm.Vmm.Machine;

/// <summary>What the command line, and not the configuration, says about the machine.</summary>
/// <param name="ReadsStandardInput">Standard input is the guest's serial input.</param>
/// <param name="BootTimerStart">Wall and processor time, in microseconds, that the boot timer counts from; null for a machine without one.</param>
internal sealed record MachineOptions(bool ReadsStandardInput, (ulong Wall, ulong Cpu)? BootTimerStart);
