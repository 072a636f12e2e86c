using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Abstractions.Secrets;

/// <summary>The secrets as grains see them: which there are, and sealed to a device; never in clear.</summary>
public interface ISecretSealer
{
    /// <summary>The version of a secret now; null when there is none of that name. From memory.</summary>
    int? VersionOf(string name);

    /// <summary>Seals a secret as it is now to a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="subjectPublicKey">Its public key.</param>
    /// <param name="name">Name of the secret.</param>
    /// <returns>Null when there is none of that name any more.</returns>
    Task<SealedSecret?> SealAsync(string device, byte[] subjectPublicKey, string name);
}
