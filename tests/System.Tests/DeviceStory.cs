using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests;

/// <summary>The main job on real parts: control plane, broker, agent, nested KVM, a stock Linux guest, a workload.</summary>
public abstract partial class DeviceStory(StoryFixture story)
{
    private protected const string Vm = "hello";
    private static readonly TimeSpan s_logLimit = TimeSpan.FromSeconds(120);

    /// <summary>How far a device's clock may be off: it is set from one that has whole seconds. Starting the control plane takes longer.</summary>
    private static readonly TimeSpan s_clockStep = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task AppliedManifest_RunsInAVmOnTheDevice_OperatorSeesLogsStatusAndTelemetry()
    {
        using JsonDocument devices = JsonDocument.Parse(await story.Mvm.MustAsync("devices", "-o", "json"));
        JsonElement device = Assert.Single(devices.RootElement.GetProperty("items").EnumerateArray());
        Assert.True(device.GetProperty("online").GetBoolean());
        Assert.Equal(story.Architecture, device.GetProperty("architecture").GetString());
        Assert.Equal(story.Architecture, device.GetProperty("labels").GetProperty("arch").GetString());

        await story.Mvm.MustAsync("rollout", "status", StoryFixture.Deployment, "--watch", "--timeout", "2m");
        // Eight lines take eight seconds: longer than the five between two samples, so one of the running VM is there then.
        LogEntryView line = await WaitForLineAfterAsync(await LastLineAsync(), 8, "eight more lines of the workload");
        Assert.Equal("stdout", line.Stream);
        Assert.Contains(line.Text, await story.Mvm.MustAsync("logs", $"{story.DeviceId}/{Vm}", "--tail", "20"), StringComparison.Ordinal);

        IReadOnlyList<TelemetryView> samples = await story.Client.GetDeviceTelemetryAsync(story.DeviceId);
        TelemetryView newest = samples.MaxBy(s => s.At)!;
        VmSampleView sample = Assert.Single(newest.Vms, v => v.Name == Vm);
        Assert.Equal("Running", sample.Phase);
        Assert.True(sample.ResidentBytes > 10 << 20, $"a Linux guest holds more than 10 MiB, found {sample.ResidentBytes}");
        Assert.True(newest.MemoryTotalBytes > 1UL << 30, $"the device has more than 1 GiB, found {newest.MemoryTotalBytes}");
        Assert.Contains(story.DeviceId, await story.Mvm.MustAsync("top"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_OnTheDevice_FindsNothingThatKeepsVmsFromRunning()
    {
        CommandResult result = await story.Device.RunAsync("microvm-agent doctor --json");
        using JsonDocument report = JsonDocument.Parse(result.Output);
        JsonElement[] checks = [.. report.RootElement.GetProperty("checks").EnumerateArray()];
        Assert.All(checks, static check => Assert.NotEqual("fail", check.GetProperty("status").GetString()));
        Assert.Equal(0, result.ExitCode);

        // QEMU's x86_64 processor has svm, emulated or not, and says that it is a virtual machine's; that of aarch64 does not.
        JsonElement virtualisation = checks.Single(static check => check.GetProperty("name").GetString() == "virtualisation");
        Assert.Equal("ok", virtualisation.GetProperty("status").GetString());
        Assert.Contains(story.Architecture == "aarch64" ? "EL2" : "nested", virtualisation.GetProperty("found").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ControlPlane_KilledAndStartedAgain_LosesNothingAndDisturbsNoDevice()
    {
        DeviceView before = await story.Client.GetDeviceAsync(story.DeviceId);
        IReadOnlyList<int> vmms = await story.Device.VmmPidsAsync();
        LogEntryView last = await LastLineAsync();

        await story.ControlPlane.KillAsync();
        await story.ControlPlane.StartAsync();

        await WaitForLineAfterAsync(last, 5, "log lines after the control plane's restart");
        // A device answers for its logs a moment before it says what it holds.
        await story.WaitUntilCompleteAsync("report after the control plane's restart");
        DeviceView after = await story.Client.GetDeviceAsync(story.DeviceId);
        Assert.True(after.Online);
        Assert.Equal(before.DesiredGeneration, after.DesiredGeneration);
        Assert.Equal(Assert.Single(before.Vms, vm => vm.Name == Vm), Assert.Single(after.Vms, vm => vm.Name == Vm));
        Assert.Equal(vmms, await story.Device.VmmPidsAsync());
        await AssertNoLineLostOrRepeatedAsync();
    }

    [Fact]
    public async Task Agent_KilledWithSigkill_AdoptsTheRunningVm()
    {
        IReadOnlyList<int> vmms = await story.Device.VmmPidsAsync();
        int agent = await story.Device.AgentPidAsync();
        LogEntryView last = await LastLineAsync();
        int from = story.Device.AgentLog.Count;

        await story.Device.KillAgentAsync();

        await story.Device.AgentLog.WaitForAsync("adopted", s_logLimit, from);
        await WaitForLineAfterAsync(last, 5, "log lines after the agent's restart");
        Assert.NotEqual(agent, await story.Device.AgentPidAsync());
        Assert.Equal(vmms, await story.Device.VmmPidsAsync());
        await AssertNoLineLostOrRepeatedAsync();
    }

    [Fact]
    public async Task Vmm_ToldToEnd_PressesThePowerButton_TheWorkloadEndsInOrderAndIsStartedAgain()
    {
        LogEntryView last = await LastLineAsync();
        int from = story.Device.AgentLog.Count;

        (await story.Device.RunAsync("kill -TERM $(pidof microvm-vmm)")).Succeeded();

        LogEntryView end = await story.Client.FollowLogsAsync(
            story.DeviceId, Vm, last.Cursor, "the workload's last line", s_logLimit, entry => entry.Text.StartsWith("asked to stop", StringComparison.Ordinal));
        await NestedHang.RetryOnceAsync(
            () => story.Device.AgentLog.WaitForAsync("workload started", StoryFixture.RunningLimit, from), story.PowerCycleAsync);
        await story.WaitUntilCompleteAsync("report after the restart");
        await story.Client.FollowLogsAsync(
            story.DeviceId, Vm, end.Cursor, "a line after the restart", StoryFixture.RunningLimit, entry => CounterOf(entry) > 0);
    }

    [Fact]
    public async Task Device_PowerCutAndBootedWithTheControlPlaneDown_BringsTheWorkloadUpByItself()
    {
        await story.ControlPlane.StopAsync();
        await story.Device.KillAsync();
        DateTimeOffset powerCut = DateTimeOffset.UtcNow;
        await story.Device.BootAsync();

        await NestedHang.RetryOnceAsync(
            () => story.Device.AgentLog.WaitForAsync("workload started", StoryFixture.RunningLimit), story.PowerCycleAsync);
        Assert.Single(await story.Device.VmmPidsAsync());

        DateTimeOffset backAgain = DateTimeOffset.UtcNow;
        await story.ControlPlane.StartAsync();
        await story.WaitUntilCompleteAsync("report after the offline boot");
        LogEntryView first = await story.Client.FollowLogsAsync(
            story.DeviceId, Vm, 0, "the offline boot's first line", s_logLimit, entry => CounterOf(entry) == 1 && entry.Time > powerCut);
        Assert.True(
            first.Time < backAgain + s_clockStep, $"expected a line written before {backAgain:O}, when the control plane was down, found {first.Time:O}");
    }

    [Fact]
    public async Task Exec_FromAfarAndOnTheSpot_RunsAProgramInTheGuestAndItsCodeArrives()
    {
        Mvm.Result run = await story.Mvm.RunAsync("exec", $"{story.DeviceId}/{Vm}", "--", "sh", "-c", "echo out; echo err >&2; exit 3");
        Assert.Equal((3, "out\n", "err\n"), (run.ExitCode, run.Output, run.Error));
        Assert.Equal("on the spot", (await story.Device.RunAsync($"microvm-agent exec {Vm} -- echo on the spot")).Succeeded().Trim());
        Mvm.Result missing = await story.Mvm.RunAsync("exec", $"{story.DeviceId}/{Vm}", "--", "no-such-program");
        Assert.Equal(127, missing.ExitCode);
    }

    [Fact]
    public async Task ChangedManifest_ReplacesTheVm_DeletedDeployment_StopsIt()
    {
        await ApplySecondAsync("one");
        await WaitForSecondAsync("one");
        IReadOnlyList<int> first = await story.Device.VmmPidsAsync();
        await ApplySecondAsync("two");
        await WaitForSecondAsync("two");
        IReadOnlyList<int> second = await story.Device.VmmPidsAsync();
        Assert.Equal(2, second.Count);
        Assert.Single(first.Intersect(second));

        int from = story.Device.AgentLog.Count;
        await story.Mvm.MustAsync("delete", "deployment", "second");
        await story.Device.AgentLog.WaitForAsync("second: removed", s_logLimit, from);
        Assert.Equal(first.Intersect(second), await story.Device.VmmPidsAsync());
    }

    /// <summary>Somebody stands at the device, sees what it does, and holds it as it is while a change comes in.</summary>
    [Fact]
    public async Task EngineerOnSite_SeesTheDevice_PausesChangesAndResumes()
    {
        JsonElement status = await OnSiteAsync("status");
        Assert.Equal(story.DeviceId, status.GetProperty("device").GetString());
        Assert.True(status.GetProperty("connected").GetBoolean());
        JsonElement vm = await OnSiteAsync("vms");
        Assert.Equal((Vm, "Running"), (vm.GetProperty("name").GetString(), vm.GetProperty("phase").GetString()));
        await WaitForLineAfterAsync(await LastLineAsync(), 2, "two more lines of the workload");
        // Every fifteenth line is one on standard error.
        Assert.Matches("^(hello |this line went to stderr$)", (await OnSiteAsync($"logs {Vm} --tail 1")).GetProperty("text").GetString());

        (await story.Device.RunAsync("microvm-agent pause 'the fan is being changed'")).Succeeded();
        IReadOnlyList<int> vmms = await story.Device.VmmPidsAsync();
        await ApplySecondAsync("paused");
        DeploymentView held = await story.Client.WatchDeploymentAsync(
            "second", "change that waits", s_logLimit, static view => view.Devices.Any(static device => device.Message.Contains("Paused", StringComparison.Ordinal)));
        Assert.Contains("the fan is being changed", Assert.Single(held.Devices).Message, StringComparison.Ordinal);
        Assert.Equal(vmms, await story.Device.VmmPidsAsync());

        (await story.Device.RunAsync("microvm-agent resume")).Succeeded();
        await WaitForSecondAsync("paused");
        int from = story.Device.AgentLog.Count;
        await story.Mvm.MustAsync("delete", "deployment", "second");
        await story.Device.AgentLog.WaitForAsync("second: removed", s_logLimit, from);
    }

    protected string Manifest(string name, string image, string more) =>
        $"""
        apiVersion: microvm/v1
        kind: Deployment
        metadata:
          name: {name}
        spec:
          selector:
            matchLabels: {"{"}device: {story.DeviceId}{"}"}
          workload:
            kind: Service
            image: {image}
            {more}
        """;

    private static int CounterOf(LogEntryView entry) =>
        Counter().Match(entry.Text) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^hello (\d+)\b")]
    private static partial Regex Counter();

    protected async Task ApplySecondAsync(string word, string strategy = "")
    {
        using HttpResponseMessage answer = await story.Client.ApplyAsync(
            Manifest("second", "hello:1", $"args: [\"/bin/sh\", \"-c\", \"echo this is {word}; exec sleep 100000\"]\n    memory: 96MiB") + strategy);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The one line that the agent answers on the device.</summary>
    private async Task<JsonElement> OnSiteAsync(string request) =>
        JsonDocument.Parse((await story.Device.RunAsync($"microvm-agent {request} --json")).Succeeded()).RootElement;

    private Task WaitForSecondAsync(string word) => story.Client.FollowLogsAsync(
        story.DeviceId, "second", 0, $"the line of '{word}'", StoryFixture.RunningLimit, entry => entry.Text == $"this is {word}");

    private async Task<LogEntryView> LastLineAsync() =>
        (await story.Client.GetLogsAsync(story.DeviceId, Vm, 20)).Last(entry => CounterOf(entry) > 0);

    private Task<LogEntryView> WaitForLineAfterAsync(LogEntryView last, int more, string phase) => story.Client.FollowLogsAsync(
        story.DeviceId, Vm, last.Cursor, phase, s_logLimit, entry => CounterOf(entry) >= CounterOf(last) + more);

    /// <summary>The workload counts: within each of its runs the counters are kept in order, without a gap, each once.</summary>
    private async Task AssertNoLineLostOrRepeatedAsync()
    {
        IReadOnlyList<LogEntryView> lines = await story.Client.GetLogsAsync(story.DeviceId, Vm, 1000);
        int[] counters = [.. lines.Select(CounterOf).Where(counter => counter > 0)];
        int[] lastRun = counters[Array.LastIndexOf(counters, 1)..];
        Assert.Equal(Enumerable.Range(1, lastRun.Length), lastRun);
    }
}
