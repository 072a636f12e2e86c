namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>How a client's certificate is taken.</summary>
internal enum CertificateVerdict
{
    /// <summary>A device that may connect.</summary>
    Accepted,

    /// <summary>A device that may do nothing but renew its certificate, which ended not long ago.</summary>
    RenewalOnly,

    /// <summary>Nobody.</summary>
    Refused,
}
