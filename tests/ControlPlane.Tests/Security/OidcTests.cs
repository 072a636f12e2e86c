using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Security.Cryptography;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace MicroVm.ControlPlane.Tests.Security;

/// <summary>Operators of an identity provider, which a test plays.</summary>
public sealed class OidcTests : IDisposable
{
    private const string Issuer = "https://id.example/", Audience = "microvm";
    private readonly ECDsa _provider = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [Fact]
    public async Task Jwt_OfTheProvider_HasTheRoleThatItNames()
    {
        await using RunningControlPlane controlPlane = await StartAsync();
        using HttpClient http = controlPlane.NewHttp(Token(Audience, "viewer", "operator", "something"));

        CallerView caller = (await http.GetFromJsonAsync(ApiPaths.Caller, ApiJsonContext.Default.CallerView))!;

        Assert.Equal(("anna", "operator"), (caller.Name, caller.Role));
        Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync(ApiPaths.Audit)).StatusCode);
    }

    [Fact]
    public async Task Jwt_WithoutARoleOrWithOurOwnClaimNames_MayNothing()
    {
        await using RunningControlPlane controlPlane = await StartAsync();
        using HttpClient none = controlPlane.NewHttp(Token(Audience)), own = controlPlane.NewHttp(Token(Audience, [], new Claim("microvm:role", "3")));

        Assert.Equal(HttpStatusCode.Forbidden, (await none.GetAsync(ApiPaths.Devices)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await own.GetAsync(ApiPaths.Devices)).StatusCode);
    }

    [Fact]
    public async Task Jwt_OfAnotherKeyAudienceOrWithoutSignature_IsRefused()
    {
        await using RunningControlPlane controlPlane = await StartAsync();
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string unsigned = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = true }.CreateToken(
            $$"""{"iss":"{{Issuer}}","aud":"{{Audience}}","sub":"anna","roles":["admin"],"exp":{{DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds()}}}""");
        string[] tokens = [Token("other", "admin"), Sign(other, Audience, ["admin"], []), unsigned];

        foreach (string token in tokens)
        {
            using HttpClient http = controlPlane.NewHttp(token);
            Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(ApiPaths.Devices)).StatusCode);
        }
    }

    public void Dispose() => _provider.Dispose();

    private static string Sign(ECDsa key, string audience, string[] roles, Claim[] more) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Issuer,
        Audience = audience,
        Expires = DateTime.UtcNow.AddHours(1),
        Subject = new ClaimsIdentity([new Claim("sub", "anna"), .. roles.Select(static role => new Claim("roles", role)), .. more]),
        SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(key) { KeyId = "k" }, SecurityAlgorithms.EcdsaSha256),
    });

    private string Token(string audience, params string[] roles) => Token(audience, roles, []);

    private string Token(string audience, string[] roles, params Claim[] more) => Sign(_provider, audience, roles, more);

    private Task<RunningControlPlane> StartAsync() => RunningControlPlane.StartAsync(
        options: options => options with { Oidc = new OidcOptions(new Uri(Issuer), Audience) },
        replace: services => services.PostConfigure<JwtBearerOptions>(AuthSchemes.Oidc, jwt =>
        {
            OpenIdConnectConfiguration configuration = new() { Issuer = Issuer };
            configuration.SigningKeys.Add(new ECDsaSecurityKey(ECDsa.Create(_provider.ExportParameters(false))) { KeyId = "k" });
            jwt.ConfigurationManager = new StaticConfigurationManager<OpenIdConnectConfiguration>(configuration);
        }));
}
