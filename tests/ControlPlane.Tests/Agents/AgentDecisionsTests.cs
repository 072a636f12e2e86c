using MicroVm.ControlPlane.Abstractions.Agents;
using MicroVm.ControlPlane.Grains.Agents;
using MicroVm.ControlPlane.Host.Agents;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Tests.Agents;

public sealed class AgentDecisionsTests
{
    private static readonly Digest s_digest = Digest.Of("artifact"u8);
    private static readonly AgentOrder s_order = new("1.2.3", [new AgentArtifact("x86_64", s_digest.Value, 7)], AllowDowngrade: false);
    private static readonly Hello s_hello = new()
    {
        Header = new UplinkHeader(Guid.Empty, 1, 1),
        AgentVersion = "1.0.0",
        Architecture = "x86_64",
        Capacity = new DeviceCapacity(1, 1, 1),
    };

    [Fact]
    public void TargetOf_ArchitectureWithoutAnArtifact_IsNothing()
    {
        Assert.Equal((s_digest, 7UL), (AgentDecisions.TargetOf(s_order, "x86_64")!.Digest, AgentDecisions.TargetOf(s_order, "x86_64")!.SizeBytes));
        Assert.Null(AgentDecisions.TargetOf(s_order, "aarch64"));
        Assert.Null(AgentDecisions.TargetOf(null, "x86_64"));
    }

    [Fact]
    public void Stand_ReportOnAnotherArtifact_IsPending()
    {
        ReportedState report = new(s_hello.Header, 1, []) { Agent = new AgentStatus(AgentPhase.Failed, Digest.Of("another"u8), "1.1.0", "why") };
        Assert.Equal(AgentStanding.Pending, Stand(report).Phase);
        Assert.Equal(AgentStanding.Pending, Stand(null).Phase);
        AgentStanding failed = Stand(report with { Agent = report.Agent with { Digest = s_digest } });
        Assert.Equal(("Failed", "why", "1.0.0", "1.2.3"), (failed.Phase, failed.Message, failed.RunningVersion, failed.DesiredVersion));
        Assert.Equal("agent 1.2.3: failed: why", AgentDecisions.Condition(failed));
        Assert.Equal("", AgentDecisions.Condition(Stand(report)));
    }

    [Fact]
    public void Stand_DeviceThatTheReleaseIsNotFor_IsRefused() => Assert.Equal(
        "the release has nothing for aarch64",
        AgentDecisions.Stand("edge-1", true, s_hello with { Architecture = "aarch64" }, s_order, null).Message);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 10)]
    [InlineData(33, 33)]
    [InlineData(100, 100)]
    public void Share_OfAHundredDevices_HasThatMany(int percent, int count) => Assert.Equal(count, Share(100, percent).Count);

    [Fact]
    public void Share_ThatGrows_KeepsTheSameDevices()
    {
        Assert.Single(Share(3, 1));
        for (int percent = 2; percent <= 100; percent++)
        {
            Assert.Empty(Share(37, percent - 1).Except(Share(37, percent)));
        }

        Assert.NotEqual(Share(37, 20), ShareDecisions.Share(Devices(37), "1.2.4", 20));
    }

    private static AgentStanding Stand(ReportedState? report) => AgentDecisions.Stand("edge-1", true, s_hello, s_order, report);

    private static string[] Devices(int count) => [.. Enumerable.Range(0, count).Select(static i => $"edge-{i}")];

    private static IReadOnlyList<string> Share(int count, int percent) => ShareDecisions.Share(Devices(count), "1.2.3", percent);
}
