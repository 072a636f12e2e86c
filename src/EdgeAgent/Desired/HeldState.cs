using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Desired;

/// <summary>A desired state and the digest of the document it came in; together, so that readers never see one without the other.</summary>
internal sealed record HeldState(DesiredState State, Digest Digest);
