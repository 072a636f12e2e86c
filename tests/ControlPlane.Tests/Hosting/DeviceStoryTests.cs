using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;

namespace MicroVm.ControlPlane.Tests.Hosting;

/// <summary>The main job with a real host, a real MQTT client and real HTTP.</summary>
public sealed class DeviceStoryTests
{
    [Fact]
    public async Task Device_SaysHello_IsListedOnlineWithItsLabels()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = new("edge-1");
        device.Labels["site"] = "berlin";
        await device.StartAsync(controlPlane);

        DeviceView view = await controlPlane.DeviceAsync("edge-1");

        Assert.True(view.Online);
        Assert.Equal(4, view.CpuCount);
        Assert.NotNull(view.LastSeen);
        Assert.Equal("", view.Condition);
        Assert.Equal(
            new Dictionary<string, string> { ["arch"] = "x86_64", ["device"] = "edge-1", ["site"] = "berlin" },
            view.Labels.ToDictionary());
        Assert.Single((await controlPlane.GetAsync(ApiPaths.Devices, ApiJsonContext.Default.ListViewDeviceView)).Items);
    }

    [Fact]
    public async Task Deployment_Applied_ReachesTheDeviceAndItsReportCompletesIt()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);

        ApplyResult applied = await controlPlane.ApplyAsync(Samples.Manifest(workload: "memory: 256MiB"));
        DesiredState desired = await device.NextDesiredAsync();

        Assert.Equal(("created", 1), (applied.Action, applied.Revision));
        Assert.Equal(["edge-1"], applied.Devices);
        VmSpec vm = Assert.Single(desired.Vms);
        Assert.Equal((1UL, "hello", 256), (desired.Generation, vm.Name.Value, vm.MemoryMib));
        Assert.Equal(["/bin/hello", "--from-image"], vm.Process.Arguments);
        Assert.Equal(controlPlane.Images.Add("hello:1", "root file system one"u8.ToArray()).Digest, vm.Image.Digest.Value);
        DeploymentView before = await controlPlane.DeploymentAsync("hello");
        Assert.Equal(("Progressing", 1, 0), (before.State, before.Targeted, before.Ready));

        await device.ReportAsync(desired, VmPhase.Running);
        DeploymentView after = await controlPlane.WatchUntilAsync("hello", view => view.State == "Complete");

        Assert.Equal((1, 1, 1, 0), (after.Targeted, after.Updated, after.Ready, after.Failed));
        DeviceView shown = await controlPlane.DeviceAsync("edge-1");
        Assert.Equal((1UL, 1UL), (shown.DesiredGeneration, shown.ObservedGeneration));
        Assert.Equal(("Running", 42), (Assert.Single(shown.Vms).Phase, shown.Vms[0].VmmPid));
    }

    [Fact]
    public async Task Deployment_AppliedAgainUnchanged_SendsNothing()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest());
        await device.NextDesiredAsync();

        ApplyResult again = await controlPlane.ApplyAsync(Samples.Manifest());

        Assert.Equal(("unchanged", 1), (again.Action, again.Revision));
        Assert.Empty(await device.DrainAsync());
    }

    [Fact]
    public async Task Device_RegistersAfterTheDeployment_GetsItWithItsFirstHello()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        ApplyResult applied = await controlPlane.ApplyAsync(Samples.Manifest());
        await using FakeDevice device = await new FakeDevice("late").StartAsync(controlPlane);

        DesiredState desired = await device.NextDesiredAsync();

        Assert.Empty(applied.Devices);
        Assert.Equal("hello", Assert.Single(desired.Vms).Deployment.Value);
    }

    [Fact]
    public async Task Deployment_Deleted_TakesItsVmFromTheDevice()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest());
        await device.NextDesiredAsync();

        using HttpResponseMessage deleted = await controlPlane.SendAsync(HttpMethod.Delete, ApiPaths.Deployment("hello"));
        DesiredState desired = await device.NextDesiredAsync();

        Assert.Equal(System.Net.HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(2UL, desired.Generation);
        Assert.Empty(desired.Vms);
    }

    [Fact]
    public async Task Deployment_DeletedAndMadeAnew_IsNotCompleteByTheOldOnesReport()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest());
        await device.ReportAsync(await device.NextDesiredAsync(), VmPhase.Running);
        await controlPlane.WatchUntilAsync("hello", view => view.State == "Complete");

        using HttpResponseMessage deleted = await controlPlane.SendAsync(HttpMethod.Delete, ApiPaths.Deployment("hello"));
        await device.NextDesiredAsync();
        ApplyResult anew = await controlPlane.ApplyAsync(Samples.Manifest(workload: "memory: 256MiB"));
        DesiredState desired = await device.NextDesiredAsync();

        Assert.Equal(("created", 1), (anew.Action, anew.Revision));
        DeploymentView before = await controlPlane.DeploymentAsync("hello");
        Assert.Equal(("Progressing", 0), (before.State, before.Ready));
        await device.ReportAsync(desired, VmPhase.Running);
        await controlPlane.WatchUntilAsync("hello", view => view.State == "Complete");
    }

    [Fact]
    public async Task Labels_Changed_MoveTheDeviceBetweenDeployments()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest(selector: "{ring: canary}"));
        using HttpResponseMessage current = await controlPlane.SendAsync(HttpMethod.Get, ApiPaths.DeviceLabels("edge-1"));

        using HttpResponseMessage labelled = await controlPlane.SendAsync(
            HttpMethod.Put, ApiPaths.DeviceLabels("edge-1"), """{"ring":"canary"}""", "application/json", current.Headers.ETag!.Tag);
        DesiredState joined = await device.NextDesiredAsync();
        using HttpResponseMessage unlabelled = await controlPlane.SendAsync(
            HttpMethod.Put, ApiPaths.DeviceLabels("edge-1"), "{}", "application/json", labelled.Headers.ETag!.Tag);
        DesiredState left = await device.NextDesiredAsync();

        Assert.Single(joined.Vms);
        Assert.Empty(left.Vms);
    }

    [Fact]
    public async Task ControlPlane_Restarted_LosesNothingAndSendsNothingThatIsHeld()
    {
        string directory = RunningControlPlane.NewDirectory();
        FakeDevice device = new("edge-1");
        (ulong, Digest) held;
        await using (RunningControlPlane first = await RunningControlPlane.StartAsync(directory))
        {
            await device.StartAsync(first);
            await first.ApplyAsync(Samples.Manifest());
            DesiredState desired = await device.NextDesiredAsync();
            await device.ReportAsync(desired, VmPhase.Running);
            held = device.Held;
        }

        await device.Disconnected.Within("disconnect by the stopping control plane");
        await using RunningControlPlane second = await RunningControlPlane.StartAsync(directory);
        DeviceView offline = await second.DeviceAsync("edge-1");
        DeploymentView deployment = await second.DeploymentAsync("hello");
        await device.StartAsync(second);

        Assert.False(offline.Online);
        Assert.Equal("Running", Assert.Single(offline.Vms).Phase);
        Assert.Equal(("Complete", 1), (deployment.State, deployment.Revision));
        Assert.Empty(await device.DrainAsync());
        Assert.Equal(held.Item1, (await second.DeviceAsync("edge-1")).DesiredGeneration);
        await second.ApplyAsync(Samples.Manifest(workload: "vcpus: 2"));
        Assert.Equal(held.Item1 + 1, (await device.NextDesiredAsync()).Generation);
        await device.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Device_HoldsAnOlderGeneration_IsSentTheNewestOnHello()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await controlPlane.ApplyAsync(Samples.Manifest());
        await using (FakeDevice before = await new FakeDevice("edge-1").StartAsync(controlPlane))
        {
            await before.NextDesiredAsync();
        }

        await controlPlane.ApplyAsync(Samples.Manifest(workload: "vcpus: 3"));
        await using FakeDevice wiped = await new FakeDevice("edge-1").StartAsync(controlPlane);

        Assert.Equal(3, Assert.Single((await wiped.NextDesiredAsync()).Vms).VcpuCount);
    }

    [Fact]
    public async Task Device_HoldsANewerGeneration_IsAConditionAndIsSentNothing()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = new("edge-1") { Held = (7, Digest.Of("another history"u8)) };
        await device.StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest());

        DeviceView view = await controlPlane.DeviceAsync("edge-1");

        Assert.Empty(await device.DrainAsync());
        Assert.Contains("holds generation 7, newer than this control plane's 1", view.Condition, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_RepeatedOrLate_ChangesNothing()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest());
        DesiredState desired = await device.NextDesiredAsync();
        UplinkHeader early = device.NextHeader();
        await device.ReportAsync(desired, VmPhase.Running);

        ReportedState late = new(early, desired.Generation, [Samples.Status("hello", 1, VmPhase.Starting)]);
        Assert.True((await device.PublishAsync(UplinkKind.Reported, late.Encode())).IsSuccess);

        Assert.Equal("Running", Assert.Single((await controlPlane.DeviceAsync("edge-1")).Vms).Phase);
        Assert.Equal(1, controlPlane.Counters.UplinksStale);
    }

    [Fact]
    public async Task Deployments_ClaimingOneVmName_SecondIsRefusedWithTheDevices()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        await controlPlane.ApplyAsync(Samples.Manifest("first", vm: "web"));

        using HttpResponseMessage response = await controlPlane.SendAsync(
            HttpMethod.Post, ApiPaths.Apply, Samples.Manifest("second", "{device: edge-1}", vm: "web"));

        ProblemView problem = await RunningControlPlane.ProblemAsync(response, System.Net.HttpStatusCode.UnprocessableEntity);
        FieldError error = Assert.Single(problem.Errors!);
        Assert.Equal("spec.workload.name", error.Field);
        Assert.Equal("'web', which deployment 'first' has on edge-1", error.Found);
        using HttpResponseMessage second = await controlPlane.SendAsync(HttpMethod.Get, ApiPaths.Deployment("second"));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, second.StatusCode);
    }

    [Fact]
    public async Task Device_ComesUnderTwoDeploymentsOfOneVmName_KeepsTheFirstAndShowsTheSecondFailed()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await controlPlane.ApplyAsync(Samples.Manifest("first", "{ring: a}", vm: "web"));
        await controlPlane.ApplyAsync(Samples.Manifest("second", "{zone: b}", vm: "web"));
        await using FakeDevice device = new("edge-1") { Labels = { ["ring"] = "a" } };
        await device.StartAsync(controlPlane);
        DesiredState first = await device.NextDesiredAsync();

        device.Labels["zone"] = "b";
        await device.HelloAsync();
        DeploymentView second = await controlPlane.WatchUntilAsync("second", view => view.Failed == 1);

        Assert.Equal("first", Assert.Single(first.Vms).Deployment.Value);
        Assert.Equal("VM name 'web' is held on this device by deployment 'first'", Assert.Single(second.Devices).Message);
        Assert.Contains("deployment 'second'", (await controlPlane.DeviceAsync("edge-1")).Condition, StringComparison.Ordinal);
        Assert.Empty(await device.DrainAsync());
    }
}
