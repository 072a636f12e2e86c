using MicroVm.EdgeAgent.Vms.Guest;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>A device without secrets.</summary>
internal sealed class NoSecrets : ISecretSource
{
    internal static NoSecrets Instance { get; } = new();

    public IReadOnlyList<GuestSecret> Open(VmSpec spec) => [];
}
