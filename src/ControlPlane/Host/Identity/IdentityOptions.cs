namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>How long what the control plane issues lasts.</summary>
public sealed record IdentityOptions
{
    /// <summary>Life of a device's certificate; it renews itself after two thirds.</summary>
    public TimeSpan CertificateLifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long after its end a certificate is still good for renewing itself, and for nothing else.</summary>
    public TimeSpan RenewalGrace { get; init; } = TimeSpan.FromDays(90);

    /// <summary>File of the manufacturer's authorities (PEM) whose devices are let in without a token; null for none.</summary>
    public string? ManufacturerAuthorities { get; init; }

    /// <summary>Whether an operator has to approve a device that a manufacturer vouches for.</summary>
    public bool ApproveManufactured { get; init; } = true;
}
