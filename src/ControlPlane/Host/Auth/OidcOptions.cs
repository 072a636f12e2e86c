namespace MicroVm.ControlPlane.Host.Auth;

/// <summary>The operator's identity provider.</summary>
/// <param name="Authority">Its issuer, an https address whose discovery document names its keys.</param>
/// <param name="Audience">Whom a JWT has to be for.</param>
/// <param name="RoleClaim">Claim whose values name the role: <c>viewer</c>, <c>operator</c> or <c>admin</c>; the highest counts.</param>
public sealed record OidcOptions(Uri Authority, string Audience, string RoleClaim = "roles");
