using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;

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
}
