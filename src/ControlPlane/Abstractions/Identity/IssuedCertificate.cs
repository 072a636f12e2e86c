namespace MicroVm.ControlPlane.Abstractions.Identity;

/// <summary>A certificate that was just issued.</summary>
/// <param name="Bytes">In DER.</param>
/// <param name="SerialNumber">In hexadecimal.</param>
/// <param name="NotAfter">When it ends.</param>
/// <param name="Authority">Name of the authority that issued it.</param>
public sealed record IssuedCertificate(byte[] Bytes, string SerialNumber, DateTimeOffset NotAfter, string Authority);
