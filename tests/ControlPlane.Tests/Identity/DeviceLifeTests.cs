using System.Net;
using System.Runtime.Versioning;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Identity;
using MicroVm.Shared.Topics;
using Microsoft.Extensions.DependencyInjection;

namespace MicroVm.ControlPlane.Tests.Identity;

/// <summary>The whole life of a device over real TLS.</summary>
public sealed class DeviceLifeTests
{
    [Fact]
    public async Task Life_EnrolledConnectedRenewedRevoked_EachAsItShould()
    {
        ShiftedTime time = new();
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(replace: services => services.AddSingleton<TimeProvider>(time));
        using EnrollingDevice identity = await EnrolledAsync(controlPlane, "edge-1");
        string first = identity.Certificate!.SerialNumber;
        await controlPlane.ApplyAsync(Samples.Manifest());
        await using (FakeDevice device = await new FakeDevice("edge-1").Using(identity).StartAsync(controlPlane))
        {
            Assert.Single((await device.NextDesiredAsync()).Vms);
        }

        time.Advance(TimeSpan.FromDays(60));
        using (HttpResponseMessage renewed = await identity.TryRenewAsync())
        {
            await identity.KeepAsync(renewed);
        }

        Assert.NotEqual(first, identity.Certificate!.SerialNumber);
        await using FakeDevice again = await new FakeDevice("edge-1").Using(identity).StartAsync(controlPlane);
        using HttpResponseMessage revoked = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.IdentityAction("edge-1", "revoke"));
        Assert.Equal(HttpStatusCode.OK, revoked.StatusCode);

        await again.Disconnected.Within("end of the revoked device's connection");
        await Assert.ThrowsAnyAsync<Exception>(() => new FakeDevice("edge-1").Using(identity).StartAsync(controlPlane));
        using HttpResponseMessage refused = await identity.TryRenewAsync();
        await RunningControlPlane.ProblemAsync(refused, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Certificate_ThatEnded_RenewsInItsGraceTimeAndDoesNothingElse()
    {
        ShiftedTime time = new();
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(
            options: options => options with { Identity = new IdentityOptions { CertificateLifetime = TimeSpan.FromDays(10), RenewalGrace = TimeSpan.FromDays(5) } },
            replace: services => services.AddSingleton<TimeProvider>(time));
        using EnrollingDevice identity = await EnrolledAsync(controlPlane, "edge-1");
        time.Advance(TimeSpan.FromDays(12));

        await Assert.ThrowsAnyAsync<Exception>(() => new FakeDevice("edge-1").Using(identity).StartAsync(controlPlane));
        using (HttpClient http = controlPlane.NewHttp(null, identity.Certificate))
        {
            using HttpResponseMessage image = await http.GetAsync(ApiPaths.ImageRootFs("sha256:" + new string('0', 64)));
            Assert.Equal(HttpStatusCode.Forbidden, image.StatusCode);
        }

        using HttpResponseMessage renewed = await identity.TryRenewAsync();
        await identity.KeepAsync(renewed);
        await using FakeDevice device = await new FakeDevice("edge-1").Using(identity).StartAsync(controlPlane);

        time.Advance(TimeSpan.FromDays(16));
        using HttpResponseMessage late = await identity.TryRenewAsync();
        await RunningControlPlane.ProblemAsync(late, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Renewal_ForAnotherKey_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        using EnrollingDevice identity = await EnrolledAsync(controlPlane, "edge-1"), other = new(controlPlane, "edge-1");

        using HttpResponseMessage refused = await identity.TryRenewAsync(other.Key);

        await RunningControlPlane.ProblemAsync(refused, HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Decommissioned_DeviceIsToldReportsAndIsForgotten_ItsIdIsFree()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        using EnrollingDevice identity = await EnrolledAsync(controlPlane, "edge-1");
        await controlPlane.ApplyAsync(Samples.Manifest());
        await using FakeDevice device = await new FakeDevice("edge-1").Using(identity).StartAsync(controlPlane);
        await device.NextDesiredAsync();

        using HttpResponseMessage asked = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.IdentityAction("edge-1", "decommission"));
        Assert.Equal("Decommissioning", (await controlPlane.GetAsync(ApiPaths.Identity("edge-1"), ApiJsonContext.Default.IdentityView)).State);
        DeviceCommand command = await device.NextCommandAsync(controlPlane);
        Assert.Equal(CommandKind.Decommission, command.Kind);
        await device.PublishAsync(UplinkKind.Reply, new CommandReply(device.NextHeader(), command.Id, command.Kind, "").Encode());

        Assert.Equal(IdentityState.Decommissioned, controlPlane.Identities.Find("edge-1")!.State);
        Assert.Empty((await controlPlane.GetAsync(ApiPaths.Devices, ApiJsonContext.Default.ListViewDeviceView)).Items);
        await controlPlane.WatchUntilAsync("hello", view => view.Devices.Count == 0);
        using EnrollingDevice next = await EnrolledAsync(controlPlane, "edge-1");
        await using FakeDevice replaced = await new FakeDevice("edge-1").Using(next).StartAsync(controlPlane);
        // What the one before was told last, which is nothing, may come first: generations go on.
        IReadOnlyList<VmSpec> vms = (await replaced.NextDesiredAsync()).Vms;
        Assert.Single(vms.Count > 0 ? vms : (await replaced.NextDesiredAsync()).Vms);
    }

    [Fact]
    public async Task Decommission_OfADeviceThatIsAway_IsToldWhenItComesBack()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        using EnrollingDevice identity = await EnrolledAsync(controlPlane, "edge-1");
        using HttpResponseMessage asked = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.IdentityAction("edge-1", "decommission"));

        await using FakeDevice device = await new FakeDevice("edge-1").Using(identity).StartAsync(controlPlane);

        Assert.Equal(CommandKind.Decommission, (await device.NextCommandAsync(controlPlane)).Kind);
    }

    [Fact]
    public async Task SigningKey_Rotated_DevicesLearnOfItFromTheOldOneAndTheOldOneCanGo()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        TrustBundle before = controlPlane.Fleet.Trust;

        using HttpResponseMessage rotated = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.FleetAction("signing", "rotate"));
        Assert.Equal(HttpStatusCode.OK, rotated.StatusCode);
        // Verified with the bundle of before: an old key has signed it.
        DeviceCommand command = await device.NextCommandAsync(controlPlane);
        TrustBundle told = TrustBundle.Decode(command.Argument);
        Assert.Equal((CommandKind.Trust, before.Version + 1, 2), (command.Kind, told.Version, told.SigningKeys.Count));

        using HttpResponseMessage early = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.FleetAction("signing", "retire"));
        await RunningControlPlane.ProblemAsync(early, HttpStatusCode.Conflict);
        await device.PublishAsync(UplinkKind.Reply, new CommandReply(device.NextHeader(), command.Id, command.Kind, "").Encode());
        using HttpResponseMessage retired = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.FleetAction("signing", "retire"));
        Assert.Equal(HttpStatusCode.OK, retired.StatusCode);

        device.Trusts(told);
        Assert.Equal(3UL, TrustBundle.Decode((await device.NextCommandAsync(controlPlane)).Argument).Version);
        await controlPlane.ApplyAsync(Samples.Manifest());
        Assert.Single((await device.NextDesiredAsync()).Vms);
    }

    [Fact]
    public async Task Authority_Rotated_OldCertificatesGoOnAndNewOnesAreOfTheNewAuthority()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        using EnrollingDevice identity = await EnrolledAsync(controlPlane, "edge-1");
        string issuer = identity.Certificate!.Issuer;

        using HttpResponseMessage rotated = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.FleetAction("authority", "rotate"));
        Assert.Equal(HttpStatusCode.OK, rotated.StatusCode);
        await using (FakeDevice device = await new FakeDevice("edge-1").Using(identity).StartAsync(controlPlane))
        {
            using HttpResponseMessage renewed = await identity.TryRenewAsync();
            await identity.KeepAsync(renewed);
        }

        Assert.NotEqual(issuer, identity.Certificate!.Issuer);
        Assert.Equal(2, identity.Trust!.Authorities.Count);
        await using FakeDevice again = await new FakeDevice("edge-1").Using(identity).StartAsync(controlPlane);
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public async Task Keys_SurviveARestart_AndLostKeysStopTheStart()
    {
        string directory = RunningControlPlane.NewDirectory();
        byte[] trust;
        await using (RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(directory))
        {
            trust = controlPlane.Fleet.Trust.Encode();
            await EnrolledAsync(controlPlane, "edge-1");
            foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(controlPlane.AuthorityFile)!, "*.key"))
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }

        await using (RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(directory))
        {
            Assert.Equal(trust, controlPlane.Fleet.Trust.Encode());
        }

        Directory.Delete(Path.Combine(directory, "identity"), recursive: true);
        await Assert.ThrowsAsync<Host.Configuration.ControlPlaneConfigurationException>(() => RunningControlPlane.StartAsync(directory));
        Directory.Delete(directory, recursive: true);
    }

    internal static async Task<EnrollingDevice> EnrolledAsync(RunningControlPlane controlPlane, string id)
    {
        EnrolmentTokenView token = await EnrollingDevice.TokenAsync(controlPlane, new EnrolmentTokenAsk());
        return await new EnrollingDevice(controlPlane, id).EnrolAsync(token.Token!);
    }
}
