namespace MicroVm.Shared.Contracts.Enrolment;

/// <summary>What a device gets. Without a certificate (status 202) it waits for an operator and asks again.</summary>
/// <param name="Certificate">Its certificate in PEM; empty while it waits.</param>
/// <param name="Trust">An encoded <see cref="Identity.TrustBundle"/>; empty while it waits.</param>
/// <param name="RetrySeconds">When to ask again; 0 when there is nothing to wait for.</param>
public sealed record EnrolmentAnswer(string Certificate, byte[] Trust, int RetrySeconds);
