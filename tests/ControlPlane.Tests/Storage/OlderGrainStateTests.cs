using System.Text.Json;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Grains.Deployments;
using MicroVm.ControlPlane.Grains.Devices;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Tests.Storage;

/// <summary>States that earlier versions of this program wrote.</summary>
public sealed class OlderGrainStateTests
{
    private const string Workload = """
        {"VmName":"hello","ImageDigest":"sha256:1111111111111111111111111111111111111111111111111111111111111111","ImageSizeBytes":5,
         "ImageName":"hello:1","Arguments":["/bin/hello"],"Environment":{"A":"1"},"WorkingDirectory":"/","User":"","VcpuCount":1,
         "MemoryMib":128,"RestartPolicy":0,"GracePeriodSeconds":10}
        """;

    [Fact]
    public void Deployment_FromBeforePlatformsWereKept_IsForEveryDevice()
    {
        DeploymentState state = JsonSerializer.Deserialize<DeploymentState>($$$"""
            {"Spec":{"Selector":{"MatchLabels":{"ring":"1"}},"Workload":{{{Workload}}},"SpecJson":"{}"},
             "Incarnation":"00112233-4455-6677-8899-aabbccddeeff","Revision":3,"UpdatedAt":"2026-01-01T00:00:00+00:00","Deleting":false,"Targets":["edge-1"]}
            """)!;

        Assert.Empty(state.Spec!.Variants);
        Assert.True(state.Spec.Workload.RunsOn("aarch64"));
        Assert.True(state.Spec.HasContentOf(state.Spec));
    }

    [Fact]
    public void Workload_FromBeforeThereWasMore_IsTheSameAsOneWithNothingMore()
    {
        WorkloadSpec before = JsonSerializer.Deserialize<WorkloadSpec>(Workload)!;
        VmSpec nothing = before.ToVm("hello", 1);

        Assert.Null(before.Further);
        Assert.True(before.HasContentOf(before with { Further = nothing }));
        Assert.False(before.HasContentOf(before with { Further = nothing with { Priority = 1 } }));
    }

    [Fact]
    public void Workload_WithMore_IsReadAsItWasWritten()
    {
        WorkloadSpec workload = JsonSerializer.Deserialize<WorkloadSpec>(Workload)!;
        workload = workload with { Further = workload.ToVm("hello", 1) with { Ports = [new PortMapping(80, 8080)], Schedule = "0 0 * * *" } };

        WorkloadSpec read = JsonSerializer.Deserialize<WorkloadSpec>(JsonSerializer.Serialize(workload))!;

        Assert.True(workload.HasContentOf(read));
        Assert.Equal("0 0 * * *", read.Further!.Schedule);
    }

    [Fact]
    public void Device_FromBeforePlatformsWereKept_KeepsItsClaims()
    {
        DeviceDesiredState state = JsonSerializer.Deserialize<DeviceDesiredState>($$$"""
            {"Assignments":{"hello":{"Order":1,"Assignment":{"Revision":3,"Workload":{{{Workload}}}},"Since":7}},"NextOrder":2,"Generation":0,
             "OperatorLabels":{},"LabelsVersion":1}
            """)!;

        Assignment assignment = Assert.Single(state.Assignments).Value.Assignment;
        Assert.Equal(3, assignment.Revision);
        Assert.Same(assignment.Workload, assignment.On("aarch64"));
    }
}
