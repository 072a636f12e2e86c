using System.Net;
using System.Security.Cryptography;
using System.Text;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Tests.Secrets;

/// <summary>Secrets from the API to the device that they are sealed to.</summary>
public sealed class SecretStoryTests
{
    private const string Uses = "secrets: [{name: password, env: PASSWORD}]";

    [Fact]
    public async Task Secret_OfAWorkload_ReachesTheDeviceSealedToItsKey()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await SetAsync(controlPlane, "hunter2");

        await controlPlane.ApplyAsync(Samples.Manifest(workload: Uses));
        DesiredState desired = await device.NextDesiredAsync();

        Assert.Equal(("password", 1, "PASSWORD"), (Assert.Single(desired.Vms[0].Secrets).Secret.Value, desired.Vms[0].Secrets[0].Version, desired.Vms[0].Secrets[0].Variable));
        Assert.Equal("hunter2", await OpenAsync(controlPlane, device, desired));
    }

    [Fact]
    public async Task Secret_WithANewValue_IsANewGenerationWithTheNewValue()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await SetAsync(controlPlane, "one");
        await controlPlane.ApplyAsync(Samples.Manifest(workload: Uses));
        DesiredState before = await device.NextDesiredAsync();

        Assert.Equal(2, (await SetAsync(controlPlane, "two")).Version);
        DesiredState after = await device.NextDesiredAsync();

        Assert.Equal((2UL, 2, 1), (after.Generation, Assert.Single(after.Secrets).Version, after.Vms[0].Revision));
        Assert.Equal("two", await OpenAsync(controlPlane, device, after));
        Assert.NotEqual(before.Vms[0].ContentDigest(), after.Vms[0].ContentDigest());
        Assert.Equal("unchanged", (await controlPlane.ApplyAsync(Samples.Manifest(workload: Uses))).Action);
    }

    [Fact]
    public async Task Secret_OverARestart_IsTheSameDocument()
    {
        string directory = RunningControlPlane.NewDirectory();
        try
        {
            DesiredState first;
            FakeDevice device = new("edge-1");
            await using (RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(directory))
            {
                await device.StartAsync(controlPlane);
                await SetAsync(controlPlane, "kept");
                await controlPlane.ApplyAsync(Samples.Manifest(workload: Uses));
                first = await device.NextDesiredAsync();
                await device.DisposeAsync();
            }

            await using RunningControlPlane again = await RunningControlPlane.StartAsync(directory);
            await using FakeDevice back = await new FakeDevice("edge-1") { Held = device.Held }.StartAsync(again);

            Assert.Empty(await back.DrainAsync());
            await SetAsync(again, "newer");
            Assert.Equal("newer", await OpenAsync(again, back, await back.NextDesiredAsync()));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Secret_Deleted_StopsNothingAndIsMissingForWhatComesLater()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await SetAsync(controlPlane, "value");
        await controlPlane.ApplyAsync(Samples.Manifest(workload: Uses));
        await device.NextDesiredAsync();

        using HttpResponseMessage deleted = await controlPlane.SendAsync(HttpMethod.Delete, ApiPaths.Secret("password"));
        using HttpResponseMessage again = await controlPlane.SendAsync(HttpMethod.Delete, ApiPaths.Secret("password"));
        await using FakeDevice late = await new FakeDevice("edge-2").StartAsync(controlPlane);
        DeploymentView view = await controlPlane.WatchUntilAsync("hello", one => one.Devices.Any(entry => entry.Phase == "Failed"));

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (deleted.StatusCode, again.StatusCode));
        Assert.Empty(await device.DrainAsync());
        Assert.StartsWith("SecretMissing: secret 'password'", view.Devices.Single(one => one.Device == "edge-2").Message, StringComparison.Ordinal);
        Assert.Equal(2, (await SetAsync(controlPlane, "anew")).Version);
    }

    [Fact]
    public async Task Manifest_WithASecretThatWasNeverSet_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        using HttpResponseMessage response = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.Apply, Samples.Manifest(workload: Uses));

        FieldError error = Assert.Single((await RunningControlPlane.ProblemAsync(response, HttpStatusCode.UnprocessableEntity)).Errors!);
        Assert.Equal(("spec.workload.secrets[0].name", "'password'"), (error.Field, error.Found));
    }

    /// <summary>A device from before public keys were kept: its identity has none until it connects.</summary>
    [Fact]
    public async Task Device_WhoseKeyWasNotKept_ShowsItWhenItConnects()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await SetAsync(controlPlane, "value");
        await controlPlane.IdentityOfAsync("edge-1");
        await controlPlane.Identities.PutAsync(controlPlane.Identities.Find("edge-1")! with { PublicKey = [] });
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        await controlPlane.ApplyAsync(Samples.Manifest(workload: Uses));

        Assert.Equal("value", await OpenAsync(controlPlane, device, await device.NextDesiredAsync()));
    }

    [Fact]
    public async Task Value_IsNowhereInClear()
    {
        string directory = RunningControlPlane.NewDirectory();
        try
        {
            byte[] value = RandomNumberGenerator.GetBytes(64);
            await using (RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(directory))
            {
                await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
                using ByteArrayContent content = new(value);
                using HttpResponseMessage set = await controlPlane.Http.PutAsync(ApiPaths.Secret("password"), content);
                Assert.Equal(HttpStatusCode.OK, set.StatusCode);
                await controlPlane.ApplyAsync(Samples.Manifest(workload: Uses));
                await device.NextDesiredAsync();
                ListView<SecretView> list = await controlPlane.GetAsync(ApiPaths.Secrets, ApiJsonContext.Default.ListViewSecretView);
                Assert.Equal(("password", 1, 64), (Assert.Single(list.Items).Name, list.Items[0].Version, list.Items[0].SizeBytes));
            }

            byte[] base64 = Encoding.ASCII.GetBytes(Convert.ToBase64String(value)[..40]);
            Assert.All(Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories), file =>
            {
                byte[] bytes = File.ReadAllBytes(file);
                Assert.Equal((-1, -1), (bytes.AsSpan().IndexOf(value.AsSpan(0, 16)), bytes.AsSpan().IndexOf(base64)));
            });
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Value_OfNoOrTooManyBytes_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();

        using HttpResponseMessage empty = await controlPlane.Http.PutAsync(ApiPaths.Secret("password"), new ByteArrayContent([]));
        using HttpResponseMessage large = await controlPlane.Http.PutAsync(ApiPaths.Secret("password"), new ByteArrayContent(new byte[SealedSecret.MaxBytes + 1]));
        using HttpResponseMessage most = await controlPlane.Http.PutAsync(ApiPaths.Secret("password"), new ByteArrayContent(new byte[SealedSecret.MaxBytes]));
        using HttpResponseMessage named = await controlPlane.Http.PutAsync(ApiPaths.Secret("Pass_word"), new ByteArrayContent([1]));

        Assert.Equal(
            (HttpStatusCode.UnprocessableEntity, HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.OK, HttpStatusCode.UnprocessableEntity),
            (empty.StatusCode, large.StatusCode, most.StatusCode, named.StatusCode));
    }

    private static async Task<SecretView> SetAsync(RunningControlPlane controlPlane, string value)
    {
        using HttpResponseMessage response = await controlPlane.SendAsync(HttpMethod.Put, ApiPaths.Secret("password"), value, "application/octet-stream");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return System.Text.Json.JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), ApiJsonContext.Default.SecretView)!;
    }

    private static async Task<string> OpenAsync(RunningControlPlane controlPlane, FakeDevice device, DesiredState desired)
    {
        FakeIdentity identity = await controlPlane.IdentityOfAsync(device.Id.Value);
        using ECDiffieHellman key = ECDiffieHellman.Create(identity.Key.ExportParameters(includePrivateParameters: true));
        return Encoding.UTF8.GetString(Assert.Single(desired.Secrets).Open(device.Id, key));
    }
}
