namespace MicroVm.Shared.Contracts.Api;

/// <summary>An enrolment token is to be made.</summary>
/// <param name="Uses">How many devices it lets in, 1 to 100,000.</param>
/// <param name="LifetimeSeconds">How long it lasts, 60 s to a year.</param>
/// <param name="NeedsApproval">Whether an operator approves each device.</param>
/// <param name="Labels">Labels of the devices that it lets in.</param>
public sealed record EnrolmentTokenAsk(
    int Uses = 1, int LifetimeSeconds = 3600, bool NeedsApproval = false, IReadOnlyDictionary<string, string>? Labels = null);
