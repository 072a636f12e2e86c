namespace MicroVm.Shared.Contracts.Api;

/// <summary>An enrolment token.</summary>
/// <param name="Id">Names it.</param>
/// <param name="State"><c>Usable</c>, <c>Used</c>, <c>Expired</c> or <c>Revoked</c>.</param>
/// <param name="Uses">How many devices it let in.</param>
/// <param name="MaxUses">How many it may let in.</param>
/// <param name="ExpiresAt">When it ends.</param>
/// <param name="NeedsApproval">Whether an operator approves each device.</param>
/// <param name="Labels">Labels of the devices that it lets in.</param>
/// <param name="Token">The token itself, in the answer to its creation only; else null.</param>
public sealed record EnrolmentTokenView(
    string Id,
    string State,
    int Uses,
    int MaxUses,
    DateTimeOffset ExpiresAt,
    bool NeedsApproval,
    IReadOnlyDictionary<string, string> Labels,
    string? Token);
