using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>Somebody vouches for a device.</summary>
/// <param name="Token">Id of the token; empty for a manufacturer.</param>
/// <param name="Labels">Labels that come with it.</param>
/// <param name="NeedsApproval">Whether an operator has to approve.</param>
internal sealed record EnrolmentAdmission(string Token, ImmutableSortedDictionary<string, string> Labels, bool NeedsApproval);
