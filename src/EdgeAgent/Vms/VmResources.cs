using MicroVm.EdgeAgent.Networks;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>What a VM has of the device when it starts.</summary>
/// <param name="Network">Its place in the network; null for none.</param>
/// <param name="Volumes">Files of its volumes, in the order of its specification.</param>
/// <param name="Handicap">What it starts without, in one line for people; empty for nothing.</param>
internal sealed record VmResources(VmAttachment? Network, IReadOnlyList<string> Volumes, string Handicap = "")
{
    /// <summary>Nothing, which is all that a VM without wishes needs.</summary>
    internal static VmResources None { get; } = new(null, []);
}
