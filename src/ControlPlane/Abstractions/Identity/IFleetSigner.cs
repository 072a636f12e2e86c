using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Identity;

namespace MicroVm.ControlPlane.Abstractions.Identity;

/// <summary>Signs what devices are told.</summary>
public interface IFleetSigner
{
    /// <summary>What devices should trust now.</summary>
    TrustBundle Trust { get; }

    /// <summary>Signs content with the newest key that a holder of a bundle knows.</summary>
    /// <param name="purpose">What the content is.</param>
    /// <param name="audience">Whom it is for.</param>
    /// <param name="content">The encoded message.</param>
    /// <param name="trustVersion">Version of the bundle that the reader holds.</param>
    byte[] Sign(SignedPurpose purpose, string audience, byte[] content, ulong trustVersion);
}
