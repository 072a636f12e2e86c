using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Codecs.Cose;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;

namespace MicroVm.ControlPlane.Tests.Agents;

/// <summary>A release from the push to the devices that are told to run it, and what they say of it.</summary>
public sealed class AgentStoryTests
{
    [Fact]
    public async Task Release_ThatIsPushed_IsFetchedByADeviceWithAManifestThatItTrusts()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        byte[] artifact = AgentArtifactBench.Make();
        AgentReleaseView pushed = await PushAsync(controlPlane, "1.0.0", artifact);
        Assert.Equal((Digest.Of(artifact).Value, (ulong)artifact.Length), (pushed.Digest, pushed.SizeBytes));

        using HttpClient device = controlPlane.NewHttp(null, (await controlPlane.IdentityOfAsync("edge-1")).Certificate);
        byte[] message = await device.GetByteArrayAsync(ApiPaths.AgentManifest(pushed.Digest, controlPlane.Fleet.Trust.Version));
        AgentManifest manifest = AgentManifest.Decode(
            SignedMessage.Open(message, controlPlane.Fleet.Trust.SigningKeys, SignedPurpose.AgentRelease, MachineArchitecture.X64));
        Assert.Equal(("1.0.0", pushed.Digest, pushed.UnpackedBytes), (manifest.Version.Value, manifest.Digest.Value, manifest.UnpackedBytes));

        using HttpRequestMessage rest = new(HttpMethod.Get, ApiPaths.AgentArtifact(pushed.Digest));
        rest.Headers.Range = new RangeHeaderValue(100, null);
        using HttpResponseMessage part = await device.SendAsync(rest);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(artifact[100..], await part.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Release_ThatIsThereAlready_StaysWhatItIs()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        byte[] artifact = AgentArtifactBench.Make();
        AgentReleaseView first = await PushAsync(controlPlane, "1.0.0", artifact);
        Assert.Equivalent(first, await PushAsync(controlPlane, "1.0.0", artifact));

        await RefusedAsync(controlPlane, "1.0.0", AgentArtifactBench.Make(content: "other"), HttpStatusCode.Conflict, "already is");
        await RefusedAsync(controlPlane, "1.0.1", artifact, HttpStatusCode.Conflict, "no other release");
        await RefusedAsync(controlPlane, "one", artifact, HttpStatusCode.UnprocessableEntity, "MAJOR.MINOR.PATCH");
        await RefusedAsync(controlPlane, "1.0.2", "junk"u8.ToArray(), HttpStatusCode.UnprocessableEntity, "gzip");
        await PushAsync(controlPlane, "1.10.0", AgentArtifactBench.Make(content: "ten"));
        await PushAsync(controlPlane, "1.9.0", AgentArtifactBench.Make(content: "nine"));
        ListView<AgentReleaseView> all = await controlPlane.GetAsync(ApiPaths.AgentReleases, ApiJsonContext.Default.ListViewAgentReleaseView);
        Assert.Equal(["1.10.0", "1.9.0", "1.0.0"], all.Items.Select(static release => release.Version));
    }

    [Fact]
    public async Task Release_ThatSeveralPushAtOnce_IsOneOfTheirsAndNothingElseIsKept()
    {
        string directory = RunningControlPlane.NewDirectory();
        await using (RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(directory))
        {
            Assert.Empty((await controlPlane.GetAsync(ApiPaths.AgentReleases, ApiJsonContext.Default.ListViewAgentReleaseView)).Items);
            await File.WriteAllTextAsync(Path.Combine(directory, "agents", ".cut-off"), "half", TestContext.Current.CancellationToken);
            byte[][] artifacts = [.. Enumerable.Range(0, 12).Select(static i => AgentArtifactBench.Make(content: $"{i} {new string('x', 200_000)}"))];

            HttpResponseMessage[] answers = await Task.WhenAll(artifacts.Select(artifact => SendPushAsync(controlPlane, "1.0.0", artifact)));

            Assert.Equal(1, answers.Count(static answer => answer.StatusCode == HttpStatusCode.Created));
            foreach (HttpResponseMessage refused in answers.Where(static answer => answer.StatusCode != HttpStatusCode.Created))
            {
                Assert.Contains("already is", (await RunningControlPlane.ProblemAsync(refused, HttpStatusCode.Conflict)).Detail, StringComparison.Ordinal);
            }

            ListView<AgentReleaseView> all = await controlPlane.GetAsync(ApiPaths.AgentReleases, ApiJsonContext.Default.ListViewAgentReleaseView);
            string kept = Digest.Parse(Assert.Single(all.Items).Digest).Hex;
            Assert.Equal([".cut-off", kept], Names());
        }

        // What an upload that the program's end cut off has left goes when the next one looks there.
        await using (RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(directory))
        {
            Assert.Single((await controlPlane.GetAsync(ApiPaths.AgentReleases, ApiJsonContext.Default.ListViewAgentReleaseView)).Items);
            Assert.DoesNotContain(".cut-off", Names());
        }

        Directory.Delete(directory, recursive: true);

        IEnumerable<string?> Names() => Directory.GetFiles(Path.Combine(directory, "agents")).Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Update_AndPush_AreInTheAuditLogWithWhatTheyChanged()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await PushAsync(controlPlane, "0.2.0", AgentArtifactBench.Make());
        await UpdateAsync(controlPlane, new AgentUpdateAsk("0.2.0", "", ["edge-1"]));
        await UpdateAsync(controlPlane, new AgentUpdateAsk("", "", ["edge-1"]));

        IReadOnlyList<AuditView> entries = (await controlPlane.GetAsync(ApiPaths.Audit, ApiJsonContext.Default.ListViewAuditView)).Items;
        AuditView pushed = Assert.Single(entries, static entry => entry.Object.StartsWith(ApiPaths.AgentReleases, StringComparison.Ordinal));
        AuditView[] told = [.. entries.Where(static entry => entry.Object == ApiPaths.AgentUpdates)];
        Assert.NotEqual(pushed.Before, pushed.After);
        Assert.NotEqual(told[0].Before, told[0].After);
        Assert.Equal((told[0].After, told[0].Before), (told[1].Before, told[1].After));
    }

    [Fact]
    public async Task Update_OfADevice_IsInItsDesiredStateAndItsFailureStopsTheNextOne()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice one = await new FakeDevice("edge-1") { Labels = { ["ring"] = "1" } }.StartAsync(controlPlane);
        await using FakeDevice two = await new FakeDevice("edge-2") { Labels = { ["ring"] = "1" } }.StartAsync(controlPlane);
        AgentReleaseView release = await PushAsync(controlPlane, "0.2.0", AgentArtifactBench.Make());

        AgentUpdateView told = Assert.Single(await UpdateAsync(controlPlane, new AgentUpdateAsk("0.2.0", "", ["edge-1"])));
        Assert.Equal(("edge-1", "0.1.0", "0.2.0", "Pending"), (told.Device, told.RunningVersion, told.DesiredVersion, told.Phase));
        DesiredState desired = await one.NextDesiredAsync();
        Assert.Equal(new AgentTarget(ReleaseVersion.Parse("0.2.0"), Digest.Parse(release.Digest), release.SizeBytes), desired.Agent);

        await ReportAsync(one, desired, AgentPhase.Failed, "not connected within 300 s");
        await Eventually.IsAsync(
            () => controlPlane.DeviceAsync("edge-1").GetAwaiter().GetResult().Condition == "agent 0.2.0: failed: not connected within 300 s", "condition");
        using HttpResponseMessage refused = await PostAsync(controlPlane, new AgentUpdateAsk("0.2.0", "ring=1", []));
        ProblemView problem = await RunningControlPlane.ProblemAsync(refused, HttpStatusCode.Conflict);
        Assert.Contains("edge-1: not connected within 300 s", problem.Detail, StringComparison.Ordinal);
        Assert.Empty(await two.DrainAsync());

        Assert.Equal(2, (await UpdateAsync(controlPlane, new AgentUpdateAsk("0.2.0", "ring=1", [], DespiteFailures: true))).Count);
        Assert.NotNull((await two.NextDesiredAsync()).Agent);

        await UpdateAsync(controlPlane, new AgentUpdateAsk("", "ring=1", []));
        Assert.Null((await one.NextDesiredAsync()).Agent);
    }

    [Fact]
    public async Task Update_OfAShare_TellsThatManyAndThenTheRest()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        List<FakeDevice> devices = [];
        for (int i = 0; i < 4; i++)
        {
            devices.Add(await new FakeDevice($"edge-{i}") { Labels = { ["ring"] = "1" } }.StartAsync(controlPlane));
        }

        await PushAsync(controlPlane, "0.2.0", AgentArtifactBench.Make());
        IReadOnlyList<AgentUpdateView> first = await UpdateAsync(controlPlane, new AgentUpdateAsk("0.2.0", "ring=1", [], Percent: 25));
        Assert.Single(first);
        IReadOnlyList<AgentUpdateView> half = await UpdateAsync(controlPlane, new AgentUpdateAsk("0.2.0", "ring=1", [], Percent: 50));
        Assert.Equal(2, half.Count);
        Assert.Contains(first[0].Device, half.Select(static update => update.Device));

        ListView<AgentUpdateView> all = await controlPlane.GetAsync($"{ApiPaths.AgentUpdates}?selector=ring%3D1", ApiJsonContext.Default.ListViewAgentUpdateView);
        Assert.Equal(2, all.Items.Count(static update => update.DesiredVersion == "0.2.0"));
        foreach (FakeDevice device in devices)
        {
            await device.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("0.9.0", "ring=1", 100, HttpStatusCode.NotFound)]
    [InlineData("../x", "ring=1", 100, HttpStatusCode.NotFound)]
    [InlineData("0.2.0", "", 100, HttpStatusCode.UnprocessableEntity)]
    [InlineData("0.2.0", "ring=", 100, HttpStatusCode.UnprocessableEntity)]
    [InlineData("0.2.0", "ring in (", 100, HttpStatusCode.UnprocessableEntity)]
    [InlineData("0.2.0", "ring=1", 0, HttpStatusCode.UnprocessableEntity)]
    [InlineData("0.2.0", "ring=1", 101, HttpStatusCode.UnprocessableEntity)]
    public async Task Update_ThatMakesNoSense_IsRefusedAndNobodyIsTold(string version, string selector, int percent, HttpStatusCode expected)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1") { Labels = { ["ring"] = "1" } }.StartAsync(controlPlane);
        await PushAsync(controlPlane, "0.2.0", AgentArtifactBench.Make());
        using HttpResponseMessage response = await PostAsync(controlPlane, new AgentUpdateAsk(version, selector, [], percent));
        Assert.Equal(expected, response.StatusCode);
        Assert.Empty(await device.DrainAsync());
    }

    private static async Task ReportAsync(FakeDevice device, DesiredState desired, AgentPhase phase, string message)
    {
        AgentTarget target = desired.Agent!;
        ReportedState report = new(device.NextHeader(), desired.Generation, [])
        {
            Agent = new AgentStatus(phase, target.Digest, target.Version.Value, message),
        };
        Assert.True((await device.PublishAsync(UplinkKind.Reported, report.Encode())).IsSuccess);
    }

    private static async Task<HttpResponseMessage> SendPushAsync(RunningControlPlane controlPlane, string version, byte[] artifact)
    {
        using ByteArrayContent content = new(artifact);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/gzip");
        return await controlPlane.Http.PostAsync($"{ApiPaths.AgentReleases}?version={Uri.EscapeDataString(version)}&architecture=x86_64", content);
    }

    private static async Task<AgentReleaseView> PushAsync(RunningControlPlane controlPlane, string version, byte[] artifact)
    {
        using HttpResponseMessage response = await SendPushAsync(controlPlane, version, artifact);
        Assert.True(response.StatusCode == HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync(ApiJsonContext.Default.AgentReleaseView))!;
    }

    private static async Task RefusedAsync(RunningControlPlane controlPlane, string version, byte[] artifact, HttpStatusCode status, string words)
    {
        using HttpResponseMessage response = await SendPushAsync(controlPlane, version, artifact);
        ProblemView problem = await RunningControlPlane.ProblemAsync(response, status);
        Assert.Contains(words, $"{problem.Detail} {string.Join(' ', (problem.Errors ?? []).Select(static error => error.Expected))}", StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> PostAsync(RunningControlPlane controlPlane, AgentUpdateAsk ask) =>
        controlPlane.Http.PostAsync(ApiPaths.AgentUpdates, JsonContent.Create(ask, ApiJsonContext.Default.AgentUpdateAsk));

    private static async Task<IReadOnlyList<AgentUpdateView>> UpdateAsync(RunningControlPlane controlPlane, AgentUpdateAsk ask)
    {
        using HttpResponseMessage response = await PostAsync(controlPlane, ask);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync(ApiJsonContext.Default.ListViewAgentUpdateView))!.Items;
    }
}
