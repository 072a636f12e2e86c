namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>
/// A secret as it was sealed to a device. Sealing is random, so what was sealed once is kept: composing again gives the same
/// document.
/// </summary>
/// <param name="Version">Version of the secret.</param>
/// <param name="KeyDigest">Digest of the device's key that it was sealed to.</param>
/// <param name="Sealed">The sealed bytes.</param>
internal sealed record KeptSecret(int Version, string KeyDigest, byte[] Sealed);
