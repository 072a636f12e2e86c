using System.Net.Http.Headers;
using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using System.Text.Encodings.Web;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.ControlPlane.Host.Storage.Identity;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace MicroVm.ControlPlane.Host.Auth;

/// <summary>Knows operators by their tokens (<c>Authorization: Bearer mvma…</c>) and devices by their certificates.</summary>
internal sealed class OwnAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logging,
    UrlEncoder encoder,
    ApiTokenTable tokens,
    DeviceCertificateRules certificates) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logging, encoder)
{
    private const string Refusal = "refusal";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        string reason = Context.Items[Refusal] as string ?? "Authorization: expected 'Bearer' and a token of this control plane; see 'mvm login'";
        await Api.Problems.WriteAsync(Context, StatusCodes.Status401Unauthorized, reason);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Api.Problems.WriteAsync(
        Context,
        StatusCodes.Status403Forbidden,
        $"role: expected one that may {Request.Method} {Request.Path}, found {CallerClaims.RoleOf(Context.User)?.ToString() ?? "none"}");

    private AuthenticateResult Authenticate()
    {
        string header = Request.Headers.Authorization.ToString();
        return header.Length > 0 ? ByToken(header)
            : Context.Connection.ClientCertificate is X509Certificate2 certificate ? ByCertificate(certificate)
            : AuthenticateResult.NoResult();
    }

    private AuthenticateResult ByToken(string header)
    {
        ApiTokenRecord? found = AuthenticationHeaderValue.TryParse(header, out AuthenticationHeaderValue? value)
            && value.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
            && ApiToken.TryParse(value.Parameter, out ApiToken? token)
                ? tokens.Find(token)
                : null;
        return found is null
            ? Fail("Authorization: expected a token that is known and has not ended")
            : Succeed(CallerClaims.OfOperator(found.Name, found.Role, Scheme.Name));
    }

    private AuthenticateResult ByCertificate(X509Certificate2 certificate)
    {
        CertificateVerdict verdict = certificates.Judge(certificate, out DeviceId device, out string reason);
        return verdict == CertificateVerdict.Refused
            ? Fail(reason)
            : Succeed(CallerClaims.OfDevice(device.Value, verdict == CertificateVerdict.RenewalOnly, Scheme.Name));
    }

    private AuthenticateResult Fail(string reason)
    {
        Context.Items[Refusal] = reason;
        return AuthenticateResult.Fail(reason);
    }

    private AuthenticateResult Succeed(ClaimsIdentity identity) =>
        AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
}
