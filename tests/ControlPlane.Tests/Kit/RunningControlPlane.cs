using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Gateway;
using MicroVm.ControlPlane.Host.Hosting;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.ControlPlane.Host.Images;
using MicroVm.Shared.Contracts.Api;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>A whole control plane in this process on free ports, with its data in a directory of its own.</summary>
internal sealed class RunningControlPlane : IAsyncDisposable
{
    private readonly string _directory;
    private readonly bool _keep;
    private readonly ControlPlaneHost _host;

    private RunningControlPlane(string directory, bool keep, ControlPlaneHost host, FakeImageStore images)
    {
        (_directory, _keep, _host, Images) = (directory, keep, host, images);
        Http = NewHttp(AdminToken);
    }

    internal HttpClient Http { get; }

    internal FakeImageStore Images { get; }

    internal IPEndPoint Mqtt => _host.MqttEndPoint;

    /// <summary>The first admin's token.</summary>
    internal string AdminToken => File.ReadAllText(_host.AdminTokenFile).Trim();

    /// <summary>Address of the API.</summary>
    internal Uri Address => new($"https://{_host.ApiEndPoint}");

    /// <summary>File of the fleet's authorities.</summary>
    internal string AuthorityFile => _host.AuthorityFile;

    internal Fleet Fleet => Services.GetRequiredService<Fleet>();

    internal IDeviceIdentities Identities => Services.GetRequiredService<IDeviceIdentities>();

    internal IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    internal IServiceProvider Services => _host.Services;

    internal GatewayCounters Counters => Services.GetRequiredService<GatewayCounters>();

    internal static string NewDirectory() => Directory.CreateTempSubdirectory("microvm-cp-").FullName;

    internal static async Task<RunningControlPlane> StartAsync(
        string? directory = null, Func<ControlPlaneOptions, ControlPlaneOptions>? options = null, Action<IServiceCollection>? replace = null)
    {
        string path = directory ?? NewDirectory();
        ControlPlaneOptions given = new(path, new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(IPAddress.Loopback, 0));
        FakeImageStore images = new(Path.Combine(path, "fake-images"));
        images.Add("hello:1", "root file system one"u8.ToArray());
        ControlPlaneHost host = ControlPlaneHost.Create(options?.Invoke(given) ?? given, services =>
        {
            services.AddSingleton<IImageStore>(images);
            services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
            replace?.Invoke(services);
        });
        await host.StartAsync().Within("start of the control plane");
        return new RunningControlPlane(path, directory is not null, host, images);
    }

    /// <summary>A client of the API.</summary>
    /// <param name="token">A token; null for none.</param>
    /// <param name="certificate">A device's certificate; null for none.</param>
    internal HttpClient NewHttp(string? token, X509Certificate2? certificate = null)
    {
        SocketsHttpHandler handler = new() { SslOptions = TestTls.Options(Fleet, certificate, SslProtocols.Tls13) };
        HttpClient http = new(handler) { BaseAddress = Address };
        if (token is not null)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return http;
    }

    /// <summary>The identity of a device, which is enrolled when it is not; the same again after a restart with the same data.</summary>
    internal Task<FakeIdentity> IdentityOfAsync(string device) => FakeIdentity.OfAsync(this, _directory, device);

    internal async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? body = null, string contentType = "application/yaml", string? ifMatch = null)
    {
        using HttpRequestMessage request = new(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, contentType);
        }

        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        return await Http.SendAsync(request).Within($"{method} {path}");
    }

    internal async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync(type))!;
    }

    internal async Task<DeviceView> DeviceAsync(string id) => await GetAsync(ApiPaths.Device(id), ApiJsonContext.Default.DeviceView);

    internal async Task<DeploymentView> DeploymentAsync(string name) =>
        await GetAsync(ApiPaths.Deployment(name), ApiJsonContext.Default.DeploymentView);

    internal async Task<ApplyResult> ApplyAsync(string manifest)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Post, ApiPaths.Apply, manifest);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return Assert.Single(JsonSerializer.Deserialize(text, ApiJsonContext.Default.ListViewApplyResult)!.Items);
    }

    internal static async Task<ProblemView> ProblemAsync(HttpResponseMessage response, HttpStatusCode expected)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"expected {expected}, found {response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        ProblemView problem = JsonSerializer.Deserialize(text, ApiJsonContext.Default.ProblemView)!;
        Assert.Equal((int)expected, problem.Status);
        return problem;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _host.StopAsync().Within("stop of the control plane");
        await _host.DisposeAsync();
        if (!_keep)
        {
            Directory.Delete(_directory, recursive: true);
        }
    }
}
