using System.Security.Cryptography;

namespace MicroVm.ControlPlane.Host.Identity.Keys;

/// <summary>
/// Where the fleet's private keys are. The seam for a PKCS#11 token or a key service: an <see cref="ECDsa"/> that signs and an
/// <see cref="ECDiffieHellman"/> that agrees somewhere else are all that is asked for.
/// </summary>
internal interface IKeyVault
{
    /// <summary>Makes a P-256 key that is durable when this returns.</summary>
    /// <param name="name">Name of the key; never used before.</param>
    ECDsa Create(string name);

    /// <summary>Opens a key.</summary>
    /// <exception cref="Configuration.ControlPlaneConfigurationException">It is not there, or cannot be used.</exception>
    ECDsa Open(string name);

    /// <summary>Opens a key to agree on secrets with (ECDH) instead of signing.</summary>
    /// <exception cref="Configuration.ControlPlaneConfigurationException">It is not there, or cannot be used.</exception>
    ECDiffieHellman OpenAgreement(string name);

    /// <summary>Destroys a key; nothing happens when it is not there.</summary>
    void Delete(string name);
}
