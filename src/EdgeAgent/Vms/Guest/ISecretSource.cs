using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;

namespace MicroVm.EdgeAgent.Vms.Guest;

/// <summary>Secrets in clear, for a guest that asks for its configuration.</summary>
internal interface ISecretSource
{
    /// <summary>The secrets that a VM names.</summary>
    /// <exception cref="SecretUnavailableException">One of them is not there or cannot be opened.</exception>
    IReadOnlyList<GuestSecret> Open(VmSpec spec);
}
