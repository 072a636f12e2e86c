using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Abstractions.Identity;

/// <summary>A device asks to be let in. Everything in it is verified already: the key by its own signature, the admission by its secret.</summary>
/// <param name="SubjectPublicKey">Its public key (SubjectPublicKeyInfo).</param>
/// <param name="Token">Id of the enrolment token; empty when a manufacturer vouches for it.</param>
/// <param name="Labels">Labels that come with the admission.</param>
/// <param name="NeedsApproval">Whether an operator has to approve.</param>
[GenerateSerializer]
[Immutable]
public sealed record EnrolmentRequest(
    [property: Id(0)] byte[] SubjectPublicKey,
    [property: Id(1)] string Token,
    [property: Id(2)] ImmutableSortedDictionary<string, string> Labels,
    [property: Id(3)] bool NeedsApproval);
