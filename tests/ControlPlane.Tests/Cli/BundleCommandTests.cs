using System.Net;
using System.Net.Http.Json;
using MicroVm.ControlPlane.Tests.Agents;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Bundles;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Identity;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;

namespace MicroVm.ControlPlane.Tests.Cli;

/// <summary>Bundles from the control plane to the file.</summary>
public sealed class BundleCommandTests : IDisposable
{
    private static readonly byte[] s_one = [.. "root file system one"u8], s_two = [.. "another root file system"u8];
    private readonly string _folder = Directory.CreateTempSubdirectory("mvm-bundle-").FullName;

    private string File => Path.Combine(_folder, "site.mvmb");

    [Fact]
    public async Task Bundle_OfTwoDevices_HasWhatEachWouldBeToldAndEachImageOnce()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        controlPlane.Images.Add("other:1", s_two);
        FakeDevice one = await new FakeDevice("edge-1").StartAsync(controlPlane), two = await new FakeDevice("edge-2") { Labels = { ["kind"] = "till" } }.StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest());
        DesiredState ofOne = await one.NextDesiredAsync();
        await two.NextDesiredAsync();
        await controlPlane.ApplyAsync(Samples.Manifest("till", "{kind: till}", image: "other:1"));
        DesiredState ofTwo = await two.NextDesiredAsync();
        await one.DisposeAsync();
        await two.DisposeAsync();

        SessionCliRun run = await SessionCliRun.OfAsync(controlPlane, [], "bundle", "edge-2", "edge-1", "edge-2", "-o", File);

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.StartsWith(
            $"device/edge-1 generation 1, 1 images\ndevice/edge-2 generation 2, 2 images\n{File} written: 2 devices, 2 images, ", run.Out, StringComparison.Ordinal);
        Assert.Equal([File], Directory.GetFiles(_folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        (BundleHeader header, List<BundleDevice> devices, List<byte[]> contents) = await ReadAsync();
        Assert.Equal((2, 2, s_one.Length + s_two.Length), (header.Devices, header.Images, header.ContentBytes));
        Assert.Equal([ofOne.Encode(), ofTwo.Encode()], devices.Select(device => Open(controlPlane.Fleet.Trust, device).Document));
        Assert.All(devices, static device => Assert.Empty(device.Trust));
        Assert.Equal(new[] { s_one, s_two }.OrderBy(static content => Digest.Of(content).Value, StringComparer.Ordinal), contents);
        ListView<AuditView> audit = await controlPlane.GetAsync(ApiPaths.Audit, ApiJsonContext.Default.ListViewAuditView);
        Assert.Equal(
            [ApiPaths.Bundle("edge-1"), ApiPaths.Bundle("edge-2")],
            audit.Items.Where(static entry => entry.Object.EndsWith("/bundle", StringComparison.Ordinal)).Select(static entry => entry.Object).Order(StringComparer.Ordinal));

        // Carried in, and then the network comes: there is nothing to tell.
        await using FakeDevice back = await new FakeDevice("edge-2") { Held = (2, Digest.Of(ofTwo.Encode())), Labels = { ["kind"] = "till" } }.StartAsync(controlPlane);
        Assert.Empty(await back.DrainAsync());
    }

    /// <summary>Rollouts choose connected devices; one that never is gets what is complete, and no more, when somebody goes to it.</summary>
    [Fact]
    public async Task Bundle_OfADeviceThatIsAway_HasTheRevisionWhoseRolloutIsComplete()
    {
        const string strategy = "\n  strategy: {soakSeconds: 0, healthGate: {readySeconds: 0}}";
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using (FakeDevice away = await new FakeDevice("edge-2").StartAsync(controlPlane))
        {
            await away.DrainAsync();
        }

        await using FakeDevice near = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest(workload: "args: [one]") + strategy);
        await near.ReportAsync(await near.NextDesiredAsync(), Shared.Contracts.Reported.VmPhase.Running);
        await controlPlane.WatchUntilAsync("hello", static view => view.Rollout?.Phase == "Complete");
        Assert.Equal(0UL, (await controlPlane.DeviceAsync("edge-2")).DesiredGeneration);

        Assert.Equal(["/bin/hello", "one"], await ArgumentsAsync());
        Assert.Equal(["/bin/hello", "one"], await ArgumentsAsync());
        Assert.Equal(1UL, (await controlPlane.DeviceAsync("edge-2")).DesiredGeneration);
        await controlPlane.ApplyAsync(Samples.Manifest(workload: "args: [two]") + strategy);
        await near.NextDesiredAsync();
        Assert.Equal(["/bin/hello", "one"], await ArgumentsAsync());

        async Task<IReadOnlyList<string>> ArgumentsAsync()
        {
            Assert.Equal(0, (await SessionCliRun.OfAsync(controlPlane, [], "bundle", "edge-2", "-o", File)).Code);
            return Assert.Single(Open(controlPlane.Fleet.Trust, Assert.Single((await ReadAsync()).Devices)).Open().Vms).Process.Arguments;
        }
    }

    /// <summary>The artifact once for both devices, a manifest for each, and none for the one that runs it.</summary>
    [Fact]
    public async Task Bundle_OfDevicesWithAnotherAgent_BringsItUnlessTheyRunItOrItIsLeftOut()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice one = await new FakeDevice("edge-1").StartAsync(controlPlane), two = await new FakeDevice("edge-2").StartAsync(controlPlane);
        await using FakeDevice current = await new FakeDevice("edge-3").StartAsync(controlPlane);
        byte[] artifact = AgentArtifactBench.Make();
        using ByteArrayContent content = new(artifact);
        using HttpResponseMessage pushed = await controlPlane.Http.PostAsync($"{ApiPaths.AgentReleases}?version=0.2.0&architecture=x86_64", content);
        Assert.True(pushed.IsSuccessStatusCode);
        AgentUpdateAsk ask = new("0.2.0", "", ["edge-1", "edge-2", "edge-3"]);
        using HttpResponseMessage told = await controlPlane.Http.PostAsync(ApiPaths.AgentUpdates, JsonContent.Create(ask, ApiJsonContext.Default.AgentUpdateAsk));
        Assert.True(told.IsSuccessStatusCode);
        DesiredState desired = await current.NextDesiredAsync();
        ReportedState report = new(current.NextHeader(), desired.Generation, []) { Agent = new AgentStatus(AgentPhase.Current, Digest.Of(artifact), "0.2.0", "") };
        Assert.True((await current.PublishAsync(UplinkKind.Reported, report.Encode())).IsSuccess);

        SessionCliRun run = await SessionCliRun.OfAsync(controlPlane, [], "bundle", "edge-1", "edge-2", "edge-3", "-o", File);

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.StartsWith(
            $"device/edge-1 generation 1, 0 images, agent 0.2.0\ndevice/edge-2 generation 1, 0 images, agent 0.2.0\ndevice/edge-3 generation 1, 0 images\n{File} written: 3 devices, 0 images, 1 agents, ",
            run.Out,
            StringComparison.Ordinal);
        (BundleHeader header, List<BundleDevice> devices, List<byte[]> contents) = await ReadAsync();
        Assert.Equal((1, 2), (header.Images, header.Releases));
        Assert.Equal(artifact, Assert.Single(contents));
        Assert.Equal(["edge-1", "edge-2"], devices.Where(static device => device.Release.Length > 0).Select(static device => device.Device.Value));
        AgentManifest manifest = AgentManifest.Decode(
            SignedMessage.Open(devices[0].Release, controlPlane.Fleet.Trust.SigningKeys, SignedPurpose.AgentRelease, MachineArchitecture.X64));
        Assert.Equal((desired.Agent!.Version, desired.Agent.Digest), (manifest.Version, manifest.Digest));

        Assert.Equal(0, (await SessionCliRun.OfAsync(controlPlane, [], "bundle", "edge-1", "-o", File, "--no-agent")).Code);
        (header, devices, contents) = await ReadAsync();
        Assert.Equal((0, 0), (header.Releases, contents.Count));
        Assert.Empty(devices[0].Release);
    }

    [Fact]
    public async Task Bundle_OfADeviceThatMissedARotation_BringsTheTrustSignedByWhatItKnows()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest());
        DesiredState desired = await device.NextDesiredAsync();
        await device.DisposeAsync();
        TrustBundle known = controlPlane.Fleet.Trust;
        using HttpResponseMessage rotated = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.FleetAction("signing", "rotate"));
        Assert.True(rotated.IsSuccessStatusCode);

        SessionCliRun run = await SessionCliRun.OfAsync(controlPlane, [], "bundle", "edge-1", "-o", File);

        Assert.Contains("device/edge-1 generation 1, 1 images, with a newer trust bundle", run.Out, StringComparison.Ordinal);
        BundleDevice part = Assert.Single((await ReadAsync()).Devices);
        Assert.Equal(desired.Encode(), Open(known, part).Document);
        string audience = DeviceCommand.Audience(DeviceId.Parse("edge-1"), Digest.Parse(controlPlane.Identities.Find("edge-1")!.KeyDigest));
        DeviceCommand command = DeviceCommand.Decode(SignedMessage.Open(part.Trust, known.SigningKeys, SignedPurpose.Command, audience));
        Assert.Equal((CommandKind.Trust, known.Version + 1), (command.Kind, TrustBundle.Decode(command.Argument).Version));
    }

    [Fact]
    public async Task Bundle_OfADeviceWithNothingToSay_IsRefusedAndLeavesNoFile()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        SessionCliRun empty = await SessionCliRun.OfAsync(controlPlane, [], "bundle", "edge-1", "-o", File);
        SessionCliRun unknown = await SessionCliRun.OfAsync(controlPlane, [], "bundle", "edge-7", "-o", File);

        Assert.Equal((1, 1), (empty.Code, unknown.Code));
        Assert.Contains("device 'edge-1': expected a desired state, found none", empty.Error, StringComparison.Ordinal);
        Assert.Contains("found 'edge-7'", unknown.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task Bundle_ForARevokedDeviceOrByAViewer_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest());
        await device.NextDesiredAsync();
        ApiTokenView token;
        using (HttpResponseMessage made = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.ApiTokens, """{"name":"v","role":"viewer","lifetimeSeconds":600}""", "application/json"))
        {
            token = (await System.Net.Http.Json.HttpContentJsonExtensions.ReadFromJsonAsync(made.Content, ApiJsonContext.Default.ApiTokenView))!;
        }

        using HttpClient viewer = controlPlane.NewHttp(token.Token!);
        using HttpResponseMessage seen = await viewer.PostAsync(ApiPaths.Bundle("edge-1"), null);
        using HttpResponseMessage revoked = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.IdentityAction("edge-1", "revoke"));
        using HttpResponseMessage refused = await controlPlane.SendAsync(HttpMethod.Post, ApiPaths.Bundle("edge-1"));

        Assert.Equal((HttpStatusCode.Forbidden, true), (seen.StatusCode, revoked.IsSuccessStatusCode));
        ProblemView problem = await RunningControlPlane.ProblemAsync(refused, HttpStatusCode.Conflict);
        Assert.Contains("found one that may not", problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 1, "expected its 20 bytes, found 20 with digest")]
    [InlineData(true, 3, "error: ")]
    public async Task Bundle_WithAnotherOrACutContent_LeavesTheFileThatWasThere(bool cut, int code, string why)
    {
        await System.IO.File.WriteAllTextAsync(File, "the one before", TestContext.Current.CancellationToken);
        BundlePartView part = new("edge-1", 1, Digest.Of("d"u8).Value, [1], [], [new BundleImageView(Digest.Of(s_one).Value, 20, "hello:1", "x86_64")]);
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(async (request, response) =>
        {
            if (request.Method == "POST")
            {
                await FakeControlPlane.WriteAsync(response, part, ApiJsonContext.Default.BundlePartView);
                return;
            }

            response.ContentLength = 20;
            await response.Body.WriteAsync(new byte[cut ? 5 : 20]);
            await response.Body.FlushAsync();
            if (cut)
            {
                response.HttpContext.Abort();
            }
        });

        CliRun run = await CliRun.OfAsync(server.Url, "bundle", "edge-1", "-o", File);

        Assert.Equal(code, run.Code);
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
        Assert.Equal([File], Directory.GetFiles(_folder));
        Assert.Equal("the one before", await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Bundle_WhereNothingCanBeWritten_IsAWrongCommandLine()
    {
        BundlePartView part = new("edge-1", 1, Digest.Of("d"u8).Value, [1], [], []);
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(part, ApiJsonContext.Default.BundlePartView);

        CliRun run = await CliRun.OfAsync(server.Url, "bundle", "edge-1", "-o", Path.Combine(_folder, "no", "such", "file"));

        Assert.Equal(2, run.Code);
        Assert.Contains("expected a file that can be written", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static DesiredEnvelope Open(TrustBundle trust, BundleDevice device) =>
        DesiredEnvelope.Decode(SignedMessage.Open(device.Desired, trust.SigningKeys, SignedPurpose.Desired, device.Device.Value));

    private async Task<(BundleHeader Header, List<BundleDevice> Devices, List<byte[]> Contents)> ReadAsync()
    {
        await using FileStream file = System.IO.File.OpenRead(File);
        using BundleReader reader = new(file);
        BundleHeader header = await reader.ReadHeaderAsync(default);
        List<BundleDevice> devices = [];
        while (await reader.ReadDeviceAsync(default) is BundleDevice device)
        {
            devices.Add(device);
        }

        List<byte[]> contents = [];
        while (await reader.ReadImageAsync(default) is not null)
        {
            MemoryStream content = new();
            await reader.ReadContentAsync((piece, _) => { content.Write(piece.Span); return ValueTask.CompletedTask; }, default);
            contents.Add(content.ToArray());
        }

        return (header, devices, contents);
    }
}
