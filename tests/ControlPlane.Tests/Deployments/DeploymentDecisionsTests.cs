using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Grains.Deployments;
using MicroVm.ControlPlane.Tests.Kit;

namespace MicroVm.ControlPlane.Tests.Deployments;

public sealed class DeploymentDecisionsTests
{
    private static readonly DeploymentSpec s_spec = new(Samples.Selector(("ring", "1")), Samples.Workload(), "{}");

    private static readonly DeploymentState s_state = new() { Spec = s_spec, Incarnation = Guid.NewGuid(), Revision = 2 };

    [Fact]
    public void Apply_NoDeployment_Creates() => Assert.Equal(ApplyAction.Created, DeploymentDecisions.Apply(new DeploymentState(), s_spec, null));

    [Fact]
    public void Apply_SameContent_IsUnchanged() => Assert.Equal(
        ApplyAction.Unchanged,
        DeploymentDecisions.Apply(s_state, new DeploymentSpec(Samples.Selector(("ring", "1")), Samples.Workload(), "{}"), null));

    public static TheoryData<DeploymentSpec> Changes() =>
    [
        s_spec with { SpecJson = "{\"other\":1}" },
        s_spec with { Selector = Samples.Selector(("ring", "2")) },
        s_spec with { Workload = Samples.Workload(memoryMib: 64) },
        s_spec with { Workload = Samples.Workload(argument: "/other") },
        s_spec with { Workload = Samples.Workload() with { Environment = Samples.Workload().Environment.SetItem("A", "2") } },
        s_spec with { Workload = Samples.Workload() with { ImageDigest = Shared.Identity.Digest.Of("other"u8).Value } },
    ];

    [Theory]
    [MemberData(nameof(Changes))]
    public void Apply_OtherContent_Updates(DeploymentSpec changed) =>
        Assert.Equal(ApplyAction.Updated, DeploymentDecisions.Apply(s_state, changed, null));

    [Fact]
    public void Apply_ETagOfAnotherVersion_IsStale()
    {
        Assert.Equal(ApplyAction.Stale, DeploymentDecisions.Apply(s_state, s_spec, "\"other\""));
        Assert.Equal(ApplyAction.Stale, DeploymentDecisions.Apply(new DeploymentState(), s_spec, s_state.ETag));
        Assert.Equal(ApplyAction.Unchanged, DeploymentDecisions.Apply(s_state, s_spec, s_state.ETag));
    }

    [Fact]
    public void Delete_States_GiveTheAction()
    {
        Assert.Equal(ApplyAction.NotFound, DeploymentDecisions.Delete(new DeploymentState(), null));
        Assert.Equal(ApplyAction.NotFound, DeploymentDecisions.Delete(s_state with { Deleting = true }, null));
        Assert.Equal(ApplyAction.Stale, DeploymentDecisions.Delete(s_state, "\"other\""));
        Assert.Equal(ApplyAction.Deleted, DeploymentDecisions.Delete(s_state, s_state.ETag));
    }

    [Fact]
    public void ETag_NewIncarnationOrRevision_Differs()
    {
        Assert.NotEqual(s_state.ETag, (s_state with { Revision = 3 }).ETag);
        Assert.NotEqual(s_state.ETag, (s_state with { Incarnation = Guid.NewGuid() }).ETag);
    }

    [Theory]
    [InlineData("", "NoDevices", 0, 0, 0, 0)]
    [InlineData("2:Running", "Complete", 1, 1, 1, 0)]
    [InlineData("2:Completed", "Complete", 1, 1, 1, 0)]
    [InlineData("2:Running 0:Pending", "Progressing", 2, 1, 1, 0)]
    [InlineData("1:Running", "Progressing", 1, 0, 0, 0)]
    [InlineData("1:Failed", "Progressing", 1, 0, 0, 0)]
    [InlineData("2:Fetching", "Progressing", 1, 0, 0, 0)]
    [InlineData("2:Starting", "Progressing", 1, 1, 0, 0)]
    [InlineData("2:Stopping", "Progressing", 1, 1, 0, 0)]
    [InlineData("2:Running 2:BackOff", "Degraded", 2, 2, 1, 1)]
    [InlineData("2:Failed", "Degraded", 1, 1, 0, 1)]
    [InlineData("2:Running:ready", "Complete", 1, 1, 1, 0)]
    [InlineData("2:Running:unready", "Progressing", 1, 1, 0, 0)]
    [InlineData("2:Completed:unready", "Complete", 1, 1, 1, 0)]
    [InlineData("2:Completed:exit3", "Degraded", 1, 1, 0, 1)]
    [InlineData("2:Pending:scheduled", "Complete", 1, 1, 1, 0)]
    [InlineData("2:Fetching:scheduled", "Progressing", 1, 0, 0, 0)]
    [InlineData("2:Failed:scheduled", "Degraded", 1, 1, 0, 1)]
    public void RollUp_Standings_GiveTheStatus(string standings, string state, int targeted, int updated, int ready, int failed)
    {
        IEnumerable<DeviceStanding> devices = standings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((text, i) => new DeviceStanding
        {
            Device = $"edge-{i}",
            AssignedRevision = 2,
            ReportedRevision = int.Parse(text.Split(':')[0]),
            Phase = text.Split(':')[1],
            SaysReady = text.EndsWith(":ready", StringComparison.Ordinal) ? true : text.EndsWith(":unready", StringComparison.Ordinal) ? false : null,
            LastExitCode = text.EndsWith(":exit3", StringComparison.Ordinal) ? 3 : null,
            HasNextRun = text.EndsWith(":scheduled", StringComparison.Ordinal),
        });

        Rollup status = DeploymentDecisions.RollUp(2, devices);

        Assert.Equal((state, targeted, updated, ready, failed), (status.State, status.Targeted, status.Updated, status.Ready, status.Failed));
        Assert.Equal(targeted, status.Devices.Length);
    }
}
