using System.Net;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Topics;

namespace MicroVm.ControlPlane.Tests.Workloads;

/// <summary>What a manifest says of a workload, from the API to a device that a real gateway tells.</summary>
public sealed class WorkloadStoryTests
{
    private const string Web = """
        ports: [8080:80]
            volumes: [{name: data, size: 64MiB, path: /data}]
            probes: {readiness: {http: {port: 80}}}
            network: {allowFrom: [other], egress: deny}
            memory: {min: 64MiB, max: 128MiB}
            labels: {team: edge}
        """;

    [Fact]
    public async Task Workload_WithPortsVolumesAndProbes_ReachesTheDeviceAndOutlivesARestart()
    {
        string directory = RunningControlPlane.NewDirectory();
        try
        {
            await using (RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(directory))
            {
                await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
                await controlPlane.ApplyAsync(Samples.Manifest(workload: Web));

                VmSpec vm = Assert.Single((await device.NextDesiredAsync()).Vms);

                Assert.Equal([new PortMapping(8080, 80)], vm.Ports);
                Assert.Equal(("data", "/data", 64), (Assert.Single(vm.Volumes).Name.Value, vm.Volumes[0].Path, vm.Volumes[0].SizeMib));
                Assert.Equal((ProbeKind.Http, 80), (vm.Probes.Readiness!.Kind, vm.Probes.Readiness.Port));
                Assert.Equal((true, "other", 64), (vm.Network.EgressRestricted, Assert.Single(vm.Network.AllowFrom).Value, vm.MemoryMinMib));
                Assert.Equal("edge", vm.Labels["team"]);
            }

            await using RunningControlPlane again = await RunningControlPlane.StartAsync(directory);

            Assert.Equal("unchanged", (await again.ApplyAsync(Samples.Manifest(workload: Web))).Action);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Workloads_ThatWantOnePortOfADevice_AreAConditionOfIt()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest("first", workload: "ports: [8080:80]"));
        Assert.Equal("first", Assert.Single((await device.NextDesiredAsync()).Vms).Name.Value);

        await controlPlane.ApplyAsync(Samples.Manifest("second", workload: "ports: [8080:8080]"));

        Assert.Contains(
            "deployment 'second': PortConflict: port 8080/tcp of the device is held by VM 'first'",
            (await controlPlane.DeviceAsync("edge-1")).Condition,
            StringComparison.Ordinal);
        Assert.Equal("Degraded", (await controlPlane.DeploymentAsync("second")).State);
        Assert.Empty(await device.DrainAsync());
    }

    [Fact]
    public async Task Preview_OfAChangedWorkload_SaysWhatChanges()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await controlPlane.ApplyAsync(Samples.Manifest(workload: "ports: [8080:80]\n    memory: 128MiB"));

        using HttpResponseMessage response = await controlPlane.SendAsync(
            HttpMethod.Post, ApiPaths.Apply + "?dryRun=true", Samples.Manifest(workload: "ports: [8080:80, 8443:443]\n    memory: {min: 64MiB, max: 128MiB}"));
        ApplyResult result = Assert.Single(System.Text.Json.JsonSerializer.Deserialize(
            await response.Content.ReadAsStringAsync(), ApiJsonContext.Default.ListViewApplyResult)!.Items);

        Assert.Equal(
            ["workload.ports[1]: nothing -> \"8443:443\"", "workload.memory: \"128MiB\" -> {\"min\":\"64MiB\",\"max\":\"128MiB\"}"],
            result.Changes!);
    }

    [Fact]
    public async Task Service_ThatRunsAndIsNotReady_IsNotCompleteUntilItIs()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest(workload: "probes: {readiness: {tcp: {port: 80}}}"));
        DesiredState desired = await device.NextDesiredAsync();

        await ReportAsync(device, desired, Samples.Status("hello", 1, VmPhase.Running, "NotReady", "connection refused") with { Ready = false });
        DeploymentView before = await controlPlane.WatchUntilAsync("hello", view => view.Devices.Any(one => one.Phase == "Running"));
        await ReportAsync(device, desired, Samples.Status("hello", 1, VmPhase.Running) with { Ready = true });
        DeploymentView after = await controlPlane.WatchUntilAsync("hello", view => view.State == "Complete");

        Assert.Equal(("Progressing", 0, "NotReady: connection refused"), (before.State, before.Ready, before.Devices[0].Message));
        Assert.Equal(1, after.Ready);
        VmView vm = Assert.Single((await controlPlane.DeviceAsync("edge-1")).Vms);
        Assert.Equal(("Service", true, null), (vm.Kind, vm.Ready, vm.NextRun));
    }

    [Fact]
    public async Task Job_ThatWaitsForItsTime_IsCompleteAndSaysWhenItRuns()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest(workload: "schedule: \"30 2 * * *\"").Replace("kind: Service", "kind: Job", StringComparison.Ordinal));
        DesiredState desired = await device.NextDesiredAsync();
        Assert.Equal((WorkloadKind.Job, "30 2 * * *", RestartPolicy.Never), (desired.Vms[0].Kind, desired.Vms[0].Schedule, desired.Vms[0].RestartPolicy));

        await ReportAsync(device, desired, Samples.Status("hello", 1, VmPhase.Pending, "WaitsForSchedule") with { Ready = false, NextRunUnixMs = 1_800_000_000_000 });
        await controlPlane.WatchUntilAsync("hello", view => view.State == "Complete");

        VmView vm = Assert.Single((await controlPlane.DeviceAsync("edge-1")).Vms);
        Assert.Equal(("Job", DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000)), (vm.Kind, vm.NextRun));
    }

    [Fact]
    public async Task Volume_Deleted_IsWhatTheDeviceSays()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        string path = ApiPaths.Volume("edge-1", "web", "data");

        Task<HttpResponseMessage> first = controlPlane.SendAsync(HttpMethod.Delete, path);
        DeviceCommand command = await device.NextCommandAsync(controlPlane);
        await device.ReplyAsync(command, "volume 'data' is in use");
        ProblemView refused = await RunningControlPlane.ProblemAsync(await first, HttpStatusCode.Conflict);
        Task<HttpResponseMessage> second = controlPlane.SendAsync(HttpMethod.Delete, path);
        await device.ReplyAsync(await device.NextCommandAsync(controlPlane));

        VolumeOrder order = VolumeOrder.Decode(command.Argument);
        Assert.Equal((CommandKind.DeleteVolume, "web", "data"), (command.Kind, order.Vm.Value, order.Volume.Value));
        Assert.Equal("device 'edge-1' refused: volume 'data' is in use", refused.Detail);
        Assert.Equal(HttpStatusCode.NoContent, (await second).StatusCode);
        using HttpResponseMessage unknown = await controlPlane.SendAsync(HttpMethod.Delete, ApiPaths.Volume("nobody", "web", "data"));
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Volume_OfADeviceThatIsAway_IsNotDeleted()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await (await new FakeDevice("edge-1").StartAsync(controlPlane)).DisposeAsync();
        await using EventStream stream = await EventStream.OpenAsync(controlPlane, $"{ApiPaths.Events}?follow=true");
        while ((await stream.NextAsync(ApiJsonContext.Default.EventView))!.Value.Data.Reason != "DeviceDisconnected")
        {
        }

        using HttpResponseMessage response = await controlPlane.SendAsync(HttpMethod.Delete, ApiPaths.Volume("edge-1", "web", "data"));

        Assert.Equal("device 'edge-1' is not connected: a volume is deleted while it is", (await RunningControlPlane.ProblemAsync(response, HttpStatusCode.ServiceUnavailable)).Detail);
    }

    private static async Task ReportAsync(FakeDevice device, DesiredState desired, VmStatus status) =>
        Assert.True((await device.PublishAsync(UplinkKind.Reported, new ReportedState(device.NextHeader(), desired.Generation, [status]).Encode())).IsSuccess);
}
