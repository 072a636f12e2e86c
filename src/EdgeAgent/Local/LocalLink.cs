namespace MicroVm.EdgeAgent.Local;

/// <summary>The way to the control plane as somebody on the device sees it.</summary>
/// <param name="Since">Since when it is as it is; null before the first attempt has ended.</param>
/// <param name="Fault">Why it is not connected; empty while it is.</param>
/// <param name="Failures">Attempts that ended in a row.</param>
/// <param name="IsEnrolled">The device has a certificate.</param>
/// <param name="CertificateFrom">Begin of its certificate; null when it has none.</param>
/// <param name="CertificateUntil">Its end; null when it has none.</param>
/// <param name="TrustVersion">Version of the trust bundle that is held; 0 for none.</param>
/// <param name="IdentityFault">Why it was not enrolled or renewed at the last attempt; empty when it was.</param>
/// <param name="Refusal">What it refused last of what it was told; empty when it took it.</param>
internal sealed record LocalLink(
    DateTimeOffset? Since,
    string Fault,
    int Failures,
    bool IsEnrolled,
    DateTimeOffset? CertificateFrom,
    DateTimeOffset? CertificateUntil,
    ulong TrustVersion,
    string IdentityFault,
    string Refusal);
