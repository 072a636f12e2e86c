using System.Security.Claims;
using MicroVm.ControlPlane.Host.Configuration;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.IdentityModel.Tokens;

namespace MicroVm.ControlPlane.Host.Auth;

/// <summary>
/// Who may call what. An endpoint that says nothing gets <see cref="AuthSchemes.ByMethod"/>, so that a forgotten policy is a strict
/// one.
/// </summary>
internal static class ApiAuthorization
{
    private const string Selector = "selector";

    internal static void AddApiAuthorization(this IServiceCollection services, ControlPlaneOptions options)
    {
        AuthenticationBuilder schemes = services.AddAuthentication(Selector)
            .AddPolicyScheme(Selector, null, scheme => scheme.ForwardDefaultSelector = context => SchemeOf(context, options.Oidc is not null))
            .AddScheme<AuthenticationSchemeOptions, OwnAuthenticationHandler>(AuthSchemes.Own, null);
        if (options.Oidc is OidcOptions oidc)
        {
            schemes.AddJwtBearer(AuthSchemes.Oidc, jwt => Configure(jwt, oidc));
        }

        services.AddAuthorizationBuilder()
            .AddPolicy(AuthSchemes.ByMethod, static policy => policy.RequireAssertion(static context => MayByMethod(context)))
            .AddPolicy(AuthSchemes.Operator, static policy => policy.RequireAssertion(static context => Has(context.User, Role.Operator)))
            .AddPolicy(AuthSchemes.Admin, static policy => policy.RequireAssertion(static context => Has(context.User, Role.Admin)))
            .AddPolicy(AuthSchemes.ViewerOrDevice, static policy => policy.RequireAssertion(
                static context => Has(context.User, Role.Viewer) || CallerClaims.DeviceOf(context.User) is not null))
            .AddPolicy(AuthSchemes.Device, static policy => policy.RequireAssertion(
                static context => CallerClaims.DeviceOf(context.User) is not null))
            .AddPolicy(AuthSchemes.RenewingDevice, static policy => policy.RequireAssertion(
                static context => CallerClaims.RenewingDeviceOf(context.User) is not null))
            .SetDefaultPolicy(new AuthorizationPolicyBuilder(Selector).RequireAssertion(static context => MayByMethod(context)).Build())
            .SetFallbackPolicy(new AuthorizationPolicyBuilder(Selector).RequireAssertion(static context => MayByMethod(context)).Build());
    }

    internal static bool Has(ClaimsPrincipal caller, Role needed) => CallerClaims.RoleOf(caller) >= needed;

    /// <summary>A token of this program's own says so by its prefix; any other bearer token is the provider's.</summary>
    private static string SchemeOf(HttpContext context, bool hasOidc)
    {
        string header = context.Request.Headers.Authorization.ToString();
        return hasOidc && header.Length > 0 && !header.StartsWith("Bearer mvma.", StringComparison.OrdinalIgnoreCase) ? AuthSchemes.Oidc : AuthSchemes.Own;
    }

    private static bool MayByMethod(AuthorizationHandlerContext context) => context.Resource is HttpContext http
        && Has(context.User, HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method) ? Role.Viewer : Role.Operator);

    private static void Configure(JwtBearerOptions jwt, OidcOptions oidc)
    {
        jwt.Authority = oidc.Authority.ToString();
        jwt.Audience = oidc.Audience;
        jwt.MapInboundClaims = false;
        jwt.TokenValidationParameters = new TokenValidationParameters
        {
            ValidateIssuer = true,
            ValidateAudience = true,
            ValidateLifetime = true,
            ValidateIssuerSigningKey = true,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
                SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384],
            NameClaimType = "sub",
            ClockSkew = TimeSpan.FromSeconds(30),
        };
        jwt.Events = new JwtBearerEvents
        {
            OnTokenValidated = validated =>
            {
                if (validated.Principal?.Identity is ClaimsIdentity identity)
                {
                    OidcRoles.Apply(identity, oidc.RoleClaim);
                }

                return Task.CompletedTask;
            },
        };
    }
}
