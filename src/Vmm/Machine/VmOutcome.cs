using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Machine;

/// <summary>Why the VM ended, in one line, and the exit code that says so.</summary>
internal readonly record struct VmOutcome(ExitCode Code, string Message);
