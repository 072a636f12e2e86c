using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Enrolment;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace MicroVm.ControlPlane.Tests.Security;

/// <summary>Who may call what.</summary>
public sealed partial class ApiAccessTests
{
    [Fact]
    public async Task EveryEndpoint_WithoutAToken_IsRefusedButForTheFewThatAreOpen()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        using HttpClient nobody = controlPlane.NewHttp(null);
        List<string> open = [];
        foreach (RouteEndpoint endpoint in controlPlane.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            string method = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0];
            string path = Parameter().Replace(endpoint.RoutePattern.RawText!, "x");
            if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            {
                open.Add(path);
                continue;
            }

            using HttpRequestMessage request = new(new HttpMethod(method), path);
            using HttpResponseMessage response = await nobody.SendAsync(request).Within(path);
            Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{method} {path}: {response.StatusCode}");
        }

        Assert.Equal([ApiPaths.ManifestSchema, "/healthz", "/openapi/x.json", EnrolmentPaths.Authorities, EnrolmentPaths.Devices], open.Order(StringComparer.Ordinal).Order(StringComparer.Ordinal).OrderBy(static path => path.StartsWith("/enrol", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Roles_MayDoWhatTheyMayAndNoMore()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        using HttpClient viewer = controlPlane.NewHttp(await TokenAsync(controlPlane, "viewer")), op = controlPlane.NewHttp(await TokenAsync(controlPlane, "operator"));

        Assert.Equal(
            (HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden),
            (await StatusAsync(viewer, HttpMethod.Get, ApiPaths.Devices), await StatusAsync(viewer, HttpMethod.Post, ApiPaths.Apply), await StatusAsync(viewer, HttpMethod.Get, ApiPaths.Audit)));
        Assert.Equal(
            (HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden),
            (await StatusAsync(op, HttpMethod.Get, ApiPaths.Devices), await StatusAsync(op, HttpMethod.Post, ApiPaths.Apply),
                await StatusAsync(op, HttpMethod.Post, ApiPaths.IdentityAction("edge-1", "revoke")), await StatusAsync(op, HttpMethod.Get, ApiPaths.EnrolmentTokens)));
    }

    [Fact]
    public async Task Token_ThatEndedOrWasRevokedOrIsAnothers_IsRefused()
    {
        ShiftedTime time = new();
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(replace: services => services.AddSingleton<TimeProvider>(time));
        string ended = await TokenAsync(controlPlane, "admin", lifetimeSeconds: 60), revoked = await TokenAsync(controlPlane, "admin");
        using HttpResponseMessage deleted = await controlPlane.SendAsync(HttpMethod.Delete, ApiPaths.ApiToken(revoked.Split('.')[1]));
        time.Advance(TimeSpan.FromSeconds(61));

        foreach (string token in (string[])[ended, revoked, controlPlane.AdminToken[..^1] + "~", "mvma.000000000000.x", "", "x"])
        {
            using HttpClient http = controlPlane.NewHttp(null);
            http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {token}");
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, HttpMethod.Get, ApiPaths.Devices));
        }
    }

    [Fact]
    public async Task DeviceCertificate_FetchesImagesAndReadsNothingElse()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        using HttpClient device = controlPlane.NewHttp(null, (await controlPlane.IdentityOfAsync("edge-1")).Certificate);

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(device, HttpMethod.Get, ApiPaths.ImageRootFs("sha256:" + new string('0', 64))));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(device, HttpMethod.Get, ApiPaths.Devices));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(device, HttpMethod.Get, ApiPaths.Audit));
    }

    [Fact]
    public async Task MissingOrCorruptPolicy_Denies()
    {
        string directory = RunningControlPlane.NewDirectory();
        string token;
        FakeIdentity one, two;
        await using (RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(directory))
        {
            token = await TokenAsync(controlPlane, "viewer");
            (one, two) = (await controlPlane.IdentityOfAsync("edge-1"), await controlPlane.IdentityOfAsync("edge-2"));
        }

        using (SqliteConnection connection = new($"Data Source={Path.Combine(directory, "controlplane.db")};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = """
                UPDATE api_tokens SET role = 77 WHERE name = 'viewer';
                UPDATE device_identities SET state = 77 WHERE device = 'edge-1';
                UPDATE device_identities SET key_digest = 'x' WHERE device = 'edge-2';
                """;
            command.ExecuteNonQuery();
        }

        await using (RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(directory))
        {
            using HttpClient http = controlPlane.NewHttp(token);
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, HttpMethod.Get, ApiPaths.Devices));
            foreach (FakeIdentity identity in (FakeIdentity[])[one, two])
            {
                using HttpClient device = controlPlane.NewHttp(null, identity.Certificate);
                Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(device, HttpMethod.Get, ApiPaths.ImageRootFs("sha256:" + new string('0', 64))));
            }

            await Assert.ThrowsAnyAsync<Exception>(() => new FakeDevice("edge-1").StartAsync(controlPlane));
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task AuditLog_NamesActorVerbObjectAndDigests_AndCannotBeChanged()
    {
        string directory = RunningControlPlane.NewDirectory();
        await using (RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(directory))
        {
            await controlPlane.ApplyAsync(Samples.Manifest());
            using HttpClient viewer = controlPlane.NewHttp(await TokenAsync(controlPlane, "viewer"));
            await StatusAsync(viewer, HttpMethod.Delete, ApiPaths.Deployment("hello"));

            IReadOnlyList<AuditView> entries = (await controlPlane.GetAsync(ApiPaths.Audit, ApiJsonContext.Default.ListViewAuditView)).Items;
            AuditView applied = Assert.Single(entries, entry => entry.Object == ApiPaths.Apply), refused = entries[^1];
            Assert.Equal(("first admin", "Admin", "POST", 200), (applied.Actor, applied.Role, applied.Verb, applied.Status));
            Assert.NotEqual(applied.Before, applied.After);
            Assert.Equal(("viewer", "Viewer", "DELETE", 403), (refused.Actor, refused.Role, refused.Verb, refused.Status));
            Assert.Equal(refused.Before, refused.After);
        }

        using (SqliteConnection connection = new($"Data Source={Path.Combine(directory, "controlplane.db")};Pooling=False"))
        {
            connection.Open();
            foreach (string sql in (string[])["DELETE FROM audit", "UPDATE audit SET actor = 'nobody'"])
            {
                using SqliteCommand command = connection.CreateCommand();
                command.CommandText = sql;
                Assert.Throws<SqliteException>(() => command.ExecuteNonQuery());
            }
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task FirstAdmin_IsMadeOnceInAFileOfItsOwner()
    {
        string directory = RunningControlPlane.NewDirectory();
        string token;
        await using (RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(directory))
        {
            token = controlPlane.AdminToken;
        }

        await using (RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(directory))
        {
            Assert.Equal(token, controlPlane.AdminToken);
            Assert.Equal("admin", (await controlPlane.GetAsync(ApiPaths.Caller, ApiJsonContext.Default.CallerView)).Role);
        }

        Directory.Delete(directory, recursive: true);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, HttpMethod method, string path)
    {
        using HttpRequestMessage request = new(method, path);
        if (path == ApiPaths.Apply)
        {
            request.Content = new StringContent(Samples.Manifest());
        }

        using HttpResponseMessage response = await http.SendAsync(request).Within($"{method} {path}");
        return response.StatusCode;
    }

    private static async Task<string> TokenAsync(RunningControlPlane controlPlane, string role, long lifetimeSeconds = 0)
    {
        using HttpResponseMessage response = await controlPlane.Http.PostAsJsonAsync(
            ApiPaths.ApiTokens, new ApiTokenAsk(role, role, lifetimeSeconds), ApiJsonContext.Default.ApiTokenAsk).Within("token");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync(ApiJsonContext.Default.ApiTokenView))!.Token!;
    }

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
