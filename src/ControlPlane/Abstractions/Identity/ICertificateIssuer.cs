namespace MicroVm.ControlPlane.Abstractions.Identity;

/// <summary>Issues certificates of devices.</summary>
public interface ICertificateIssuer
{
    /// <summary>A certificate with the device id as its subject, for client authentication.</summary>
    /// <param name="device">Device id, checked.</param>
    /// <param name="subjectPublicKey">The device's public key, verified.</param>
    IssuedCertificate Issue(string device, byte[] subjectPublicKey);
}
