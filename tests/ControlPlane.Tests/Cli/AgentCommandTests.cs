using System.Text.Json;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Tests.Cli;

public sealed class AgentCommandTests
{
    private static readonly AgentUpdateView s_update = new("edge-1", true, "x86_64", "0.1.0", "0.2.0", "Failed", "not connected within 300 s");
    private static readonly ListView<AgentUpdateView> s_updates = new([s_update]);

    [Fact]
    public async Task Update_BySelectorAndShare_AsksForIt()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(s_updates, ApiJsonContext.Default.ListViewAgentUpdateView);

        CliRun run = await CliRun.OfAsync(server.Url, "agent", "update", "0.2.0", "--selector", "site=north", "--percent", "10", "--allow-downgrade");

        Assert.Equal(0, run.Code);
        ReceivedRequest sent = Assert.Single(server.Received);
        Assert.Equal(("POST", "/api/v1/agent-updates"), (sent.Method, sent.Path));
        Assert.Equivalent(
            new AgentUpdateAsk("0.2.0", "site=north", [], 10, AllowDowngrade: true), JsonSerializer.Deserialize(sent.Text, ApiJsonContext.Default.AgentUpdateAsk));
    }

    [Fact]
    public async Task Withdraw_NamedDevices_AsksForNoVersion()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(s_updates, ApiJsonContext.Default.ListViewAgentUpdateView);

        await CliRun.OfAsync(server.Url, "agent", "withdraw", "--device", "edge-1", "-d", "edge-2");

        Assert.Equivalent(
            new AgentUpdateAsk("", "", ["edge-1", "edge-2"]), JsonSerializer.Deserialize(Assert.Single(server.Received).Text, ApiJsonContext.Default.AgentUpdateAsk));
    }

    [Fact]
    public async Task Status_ShowsWhatRunsWhatShouldAndWhyNot()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(s_updates, ApiJsonContext.Default.ListViewAgentUpdateView);

        CliRun run = await CliRun.OfAsync(server.Url, "agent", "status");

        Assert.Equal(
            ["DEVICE  STATUS  ARCH    RUNS   SHOULD RUN  PHASE   MESSAGE", "edge-1  online  x86_64  0.1.0  0.2.0       Failed  not connected within 300 s"],
            run.OutLines);
    }

    [Fact]
    public async Task Push_SendsEachArtifactForItsArchitecture()
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, [1, 2, 3]);
            AgentReleaseView release = new("0.2.0", "x86_64", "sha256:00", 3, 9, [], DateTimeOffset.UtcNow);
            await using FakeControlPlane server = await FakeControlPlane.StartAsync(release, ApiJsonContext.Default.AgentReleaseView);

            CliRun run = await CliRun.OfAsync(server.Url, "agent", "releases", "push", "0.2.0", "--arch", $"x86_64={file}", "--arch", $"aarch64={file}");

            Assert.Equal((0, 2), (run.Code, server.Received.Count));
            Assert.All(server.Received, static sent => Assert.Equal([1, 2, 3], sent.Body));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("x86_64")]
    [InlineData("=file")]
    [InlineData("x86_64=/no/such/file")]
    public async Task Push_ArtifactThatIsNotThere_IsAWrongCommandLine(string argument) =>
        Assert.Equal(2, (await CliRun.OfAsync("https://127.0.0.1:1", "agent", "releases", "push", "0.2.0", "--arch", argument)).Code);
}
