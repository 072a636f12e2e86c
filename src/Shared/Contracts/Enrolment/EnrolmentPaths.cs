namespace MicroVm.Shared.Contracts.Enrolment;

/// <summary>Paths that devices use before and after they have a certificate.</summary>
public static class EnrolmentPaths
{
    /// <summary>Prefix of this version.</summary>
    public const string Root = "/enrol/v1";

    /// <summary>GET: the fleet authorities' certificates in PEM. Trusted for their pin alone.</summary>
    public const string Authorities = Root + "/ca";

    /// <summary>POST <see cref="EnrolmentAsk"/>: asks to be let in.</summary>
    public const string Devices = Root + "/devices";

    /// <summary>POST <see cref="RenewalAsk"/>, over TLS with the certificate that is to be renewed.</summary>
    public const string Renew = Root + "/renew";
}
