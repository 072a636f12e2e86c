using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace MicroVm.ControlPlane.Tests.Identity;

public sealed class EnrolmentTests
{
    [Fact]
    public async Task Token_OfOneUse_LetsOneDeviceInWithItsLabels()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        EnrolmentTokenView token = await EnrollingDevice.TokenAsync(
            controlPlane, new EnrolmentTokenAsk(Labels: new Dictionary<string, string> { ["ring"] = "canary" }));
        using EnrollingDevice first = new(controlPlane, "edge-1"), second = new(controlPlane, "edge-2");

        await first.EnrolAsync(token.Token!);
        using HttpResponseMessage refused = await second.AskAsync(token.Token!);
        await RunningControlPlane.ProblemAsync(refused, HttpStatusCode.Forbidden);

        Assert.Equal("CN=edge-1", first.Certificate!.Subject);
        Assert.Null(controlPlane.Identities.Find("edge-2"));
        await using FakeDevice device = await new FakeDevice("edge-1").Using(first).StartAsync(controlPlane);
        Assert.Equal("canary", (await controlPlane.DeviceAsync("edge-1")).Labels["ring"]);
    }

    [Fact]
    public async Task Enrolment_AskedAgainWithTheSameKey_GivesACertificateAndTakesNoFurtherUse()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        EnrolmentTokenView token = await EnrollingDevice.TokenAsync(controlPlane, new EnrolmentTokenAsk());
        using EnrollingDevice device = new(controlPlane, "edge-1");
        await device.EnrolAsync(token.Token!);

        await device.EnrolAsync(token.Token!);

        ListView<EnrolmentTokenView> tokens = await controlPlane.GetAsync(ApiPaths.EnrolmentTokens, ApiJsonContext.Default.ListViewEnrolmentTokenView);
        Assert.Equal((1, "Used", null), (tokens.Items[0].Uses, tokens.Items[0].State, tokens.Items[0].Token));
    }

    [Fact]
    public async Task Enrolment_OfAnEnrolledIdWithAnotherKey_IsAConflict()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        EnrolmentTokenView token = await EnrollingDevice.TokenAsync(controlPlane, new EnrolmentTokenAsk(Uses: 5));
        using EnrollingDevice device = await new EnrollingDevice(controlPlane, "edge-1").EnrolAsync(token.Token!), thief = new(controlPlane, "edge-1");

        using HttpResponseMessage refused = await thief.AskAsync(token.Token!);

        await RunningControlPlane.ProblemAsync(refused, HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Token_ThatEndedOrWasRevokedOrHasAnotherSecret_LetsNobodyIn()
    {
        ShiftedTime time = new();
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(replace: services => services.AddSingleton<TimeProvider>(time));
        EnrolmentTokenView ended = await EnrollingDevice.TokenAsync(controlPlane, new EnrolmentTokenAsk(LifetimeSeconds: 60));
        EnrolmentTokenView revoked = await EnrollingDevice.TokenAsync(controlPlane, new EnrolmentTokenAsk());
        EnrolmentTokenView good = await EnrollingDevice.TokenAsync(controlPlane, new EnrolmentTokenAsk());
        Assert.True(EnrolmentToken.TryParse(good.Token, out EnrolmentToken? parsed));
        using HttpResponseMessage deleted = await controlPlane.SendAsync(HttpMethod.Delete, ApiPaths.EnrolmentToken(revoked.Id));
        time.Advance(TimeSpan.FromSeconds(61));
        using EnrollingDevice device = new(controlPlane, "edge-1");

        foreach (string token in (string[])[ended.Token!, revoked.Token!, (parsed with { Secret = EnrolmentToken.New([]).Secret }).ToString(), "", "mvme.x.y.z"])
        {
            using HttpResponseMessage refused = await device.AskAsync(token);
            await RunningControlPlane.ProblemAsync(refused, HttpStatusCode.Forbidden);
        }

        Assert.Null(controlPlane.Identities.Find("edge-1"));
    }

    [Fact]
    public async Task Token_WithApproval_MakesTheDeviceWaitForAnOperator()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        EnrolmentTokenView token = await EnrollingDevice.TokenAsync(controlPlane, new EnrolmentTokenAsk(NeedsApproval: true));
        using EnrollingDevice device = new(controlPlane, "edge-1");
        using HttpResponseMessage waiting = await device.AskAsync(token.Token!);
        Assert.Equal(HttpStatusCode.Accepted, waiting.StatusCode);
        Assert.Equal("Pending", (await controlPlane.GetAsync(ApiPaths.Identity("edge-1"), ApiJsonContext.Default.IdentityView)).State);

        using HttpResponseMessage approved = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.IdentityAction("edge-1", "approve"));
        Assert.Equal(HttpStatusCode.OK, approved.StatusCode);
        await device.EnrolAsync(token.Token!);

        Assert.Equal(IdentityState.Active, controlPlane.Identities.Find("edge-1")!.State);
    }

    [Theory]
    [InlineData("edge-1", "edge-2")]
    [InlineData("Edge-1", "Edge-1")]
    [InlineData("a/b", "a/b")]
    [InlineData("+", "+")]
    [InlineData("", "x")]
    public async Task Request_WhoseNamesAreNotOneDeviceId_IsRefused(string id, string commonName)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        EnrolmentTokenView token = await EnrollingDevice.TokenAsync(controlPlane, new EnrolmentTokenAsk());
        using EnrollingDevice device = new(controlPlane, id);

        using HttpResponseMessage refused = await device.AskAsync(token.Token!, commonName);

        await RunningControlPlane.ProblemAsync(refused, HttpStatusCode.UnprocessableEntity);
        Assert.Empty(controlPlane.Identities.List());
    }

    [Fact]
    public async Task Request_WithAnotherKindOfKey_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        EnrolmentTokenView token = await EnrollingDevice.TokenAsync(controlPlane, new EnrolmentTokenAsk());
        using EnrollingDevice device = new(controlPlane, "edge-1") { Key = ECDsa.Create(ECCurve.NamedCurves.nistP384) };

        using HttpResponseMessage refused = await device.AskAsync(token.Token!);

        await RunningControlPlane.ProblemAsync(refused, HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Manufacturer_VouchesForItsDevices_AndForNoOthers()
    {
        using ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256), deviceKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 manufacturer = Authority.SelfSign("maker", authorityKey, DateTimeOffset.UtcNow);
        using Authority maker = new("maker", manufacturer, authorityKey);
        string directory = RunningControlPlane.NewDirectory(), file = Path.Combine(directory, "maker.pem");
        await File.WriteAllTextAsync(file, manufacturer.ExportCertificatePem());
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(
            directory, options => options with { Identity = new IdentityOptions { ManufacturerAuthorities = file, ApproveManufactured = false } });
        X509Certificate2 made = FakeIdentity.Join(
            maker.IssueDevice("edge-1", deviceKey.ExportSubjectPublicKeyInfo(), DateTimeOffset.UtcNow, TimeSpan.FromDays(1)).Bytes, deviceKey);
        using EnrollingDevice device = new(controlPlane, "edge-1"), other = new(controlPlane, "edge-2");

        using HttpResponseMessage admitted = await device.AskAsync("", manufactured: made);
        await device.KeepAsync(admitted);
        using HttpResponseMessage refused = await other.AskAsync("", manufactured: made);
        await RunningControlPlane.ProblemAsync(refused, HttpStatusCode.Forbidden);

        Assert.Equal("manufacturer", controlPlane.Identities.Find("edge-1")!.Admission);
    }

    [Fact]
    public async Task Secrets_OfTokens_AreNotInTheDatabase()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        EnrolmentTokenView token = await EnrollingDevice.TokenAsync(controlPlane, new EnrolmentTokenAsk());
        string secret = token.Token!.Split('.')[2], admin = controlPlane.AdminToken.Split('.')[2];
        string directory = Path.GetDirectoryName(controlPlane.AuthorityFile)!;

        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(directory)!, "controlplane.db*"))
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using StreamReader reader = new(stream, System.Text.Encoding.Latin1);
            string content = await reader.ReadToEndAsync();
            Assert.DoesNotContain(secret, content, StringComparison.Ordinal);
            Assert.DoesNotContain(admin, content, StringComparison.Ordinal);
        }
    }
}
