using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Local;

/// <summary>A program to run in a VM of this device.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Arguments">Program and arguments; at least one.</param>
/// <param name="Input">Standard input is the program's.</param>
/// <param name="Terminal">It gets a terminal.</param>
internal sealed record LocalProgram(ResourceName Vm, IReadOnlyList<string> Arguments, bool Input, bool Terminal);
