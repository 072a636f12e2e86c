namespace MicroVm.ControlPlane.Abstractions.Identity;

/// <summary>What became of a request about an identity.</summary>
/// <param name="Verdict">In one word.</param>
/// <param name="Identity">The identity as it is now; null when there is none.</param>
/// <param name="Certificate">A new certificate (DER); null when none was issued.</param>
/// <param name="Reason">Why it was refused; empty when it was not.</param>
[GenerateSerializer]
[Immutable]
public sealed record EnrolmentOutcome(
    [property: Id(0)] EnrolmentVerdict Verdict,
    [property: Id(1)] DeviceIdentity? Identity,
    [property: Id(2)] byte[]? Certificate,
    [property: Id(3)] string Reason);
