using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Planning;

/// <summary>A VM is to be restarted, so that one that goes before it has memory.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Message">Why, with the numbers; the VM is its subject.</param>
internal sealed record MemoryReclaim(ResourceName Vm, string Message);
