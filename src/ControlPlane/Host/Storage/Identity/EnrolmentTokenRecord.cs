using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Host.Storage.Identity;

/// <summary>What is kept of an enrolment token; never its secret.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Labels">Labels of the devices that it lets in.</param>
/// <param name="NeedsApproval">Whether an operator has to approve each of them.</param>
/// <param name="MaxUses">How many it lets in.</param>
/// <param name="Uses">How many it let in.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it ends.</param>
/// <param name="Revoked">Whether an operator ended it.</param>
internal sealed record EnrolmentTokenRecord(
    string Id,
    ImmutableSortedDictionary<string, string> Labels,
    bool NeedsApproval,
    int MaxUses,
    int Uses,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt,
    bool Revoked);
