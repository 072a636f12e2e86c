using System.Diagnostics;
using System.Text.RegularExpressions;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.SystemTests.Workloads;

/// <summary>The workload story on x86_64, and every way in which a workload fails.</summary>
public sealed partial class WorkloadTests(WorkloadFixture device) : WorkloadStory(device), IClassFixture<WorkloadFixture>
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    private readonly WorkloadFixture _device = device;

    [Fact]
    public async Task Job_ThatExitsWith3_HasFailedAndSaysSo()
    {
        await ApplyAsync("job3", "kind: Job", "args: [/bin/sh, -c, 'echo broken >&2; exit 3']");

        VmView vm = await _device.WaitForVmAsync("job3", "the job has failed", static vm => vm.Phase == "Failed");

        Assert.Equal(("WorkloadFailed", 3), (vm.Reason, vm.LastExitCode));
        Assert.Contains("code 3", vm.Message, StringComparison.Ordinal);
        await AssertToldAsync("job3", "WorkloadFailed", "code 3");
        await _device.RemoveAsync("job3");
    }

    [Fact]
    public async Task Job_OnASchedule_RunsWhenItIsDueAndSaysWhenItIsNext()
    {
        await ApplyAsync("tick", "kind: Job", "schedule: '* * * * *'", "args: [/bin/sh, -c, 'echo tick at $(date -u +%H:%M)']");
        VmView waiting = await _device.WaitForVmAsync("tick", "the job waits", static vm => vm.NextRun is not null);

        LogEntryView line = await _device.Client.FollowLogsAsync(
            _device.DeviceId, "tick", 0, "the job's line", DeviceFixture.RunningLimit, static entry => entry.Text.StartsWith("tick at", StringComparison.Ordinal));
        VmView after = await _device.WaitForVmAsync("tick", "the job has run", static vm => vm.LastExitCode == 0);

        Assert.True(line.Time >= waiting.NextRun, $"expected a run at {waiting.NextRun:O} or later, found one at {line.Time:O}");
        Assert.Equal(0, after.NextRun!.Value.Second);
        Assert.True(after.NextRun > waiting.NextRun);
        await AssertToldAsync("tick", "Completed", "code 0");
        await _device.RemoveAsync("tick");
    }

    [Fact]
    public async Task Service_ThatCrashesAgainAndAgain_IsACrashLoop()
    {
        await ApplyAsync("crash", "kind: Service", "args: [/bin/sh, -c, 'exit 1']");

        VmView vm = await _device.WaitForVmAsync("crash", "a crash loop", static vm => vm.Reason == "CrashLoop");

        Assert.Equal("BackOff", vm.Phase);
        Assert.Contains("times in a row; last: the workload ended with code 1", vm.Message, StringComparison.Ordinal);
        await AssertToldAsync("crash", "CrashLoop", "times in a row");
        await _device.RemoveAsync("crash");
    }

    [Fact]
    public async Task Probe_ThatFails_EndsTheWorkloadAndSaysWhatItFound()
    {
        await ApplyAsync(
            "sick",
            "kind: Service",
            "args: [/bin/sh, -c, 'touch /tmp/well; sleep 5; rm /tmp/well; sleep 100000']",
            "probes: {liveness: {exec: [/bin/test, -e, /tmp/well], period: 1s, timeout: 20s, failureThreshold: 2}}",
            "terminationGracePeriod: 1s");

        VmView vm = await _device.WaitForVmAsync("sick", "a failed probe", static vm => vm.Reason is "LivenessProbeFailed" or "CrashLoop");

        Assert.Contains("ended because its liveness probe failed: /bin/test: exit code 1", vm.Message, StringComparison.Ordinal);
        await AssertToldAsync("sick", "LivenessProbeFailed", "/bin/test");
        await _device.RemoveAsync("sick");
    }

    [Fact]
    public async Task Workload_ThatWantsMoreMemoryThanThereIs_IsToldApart()
    {
        await ApplyAsync("hungry", "kind: Job", "args: [/bin/sh, -c, 'exec tail /dev/zero']");

        VmView vm = await _device.WaitForVmAsync("hungry", "out of memory", static vm => vm.Phase == "Failed");

        Assert.Equal("OutOfMemory", vm.Reason);
        await AssertToldAsync("hungry", "OutOfMemory", "memory");
        await _device.RemoveAsync("hungry");
    }

    [Fact]
    public async Task TwoVms_ThatWantOnePort_TheSecondIsToldWhich()
    {
        await ApplyAsync("rival", "kind: Service", "args: [/bin/sleep, '100000']", "ports: [{host: 8080, guest: 80}]");

        DeploymentView told = await _device.Client.WatchDeploymentAsync(
            "rival", "a conflict", DeviceFixture.RunningLimit, static view => view.Devices is [{ Message.Length: > 0 }]);

        Assert.Equal(
            $"PortConflict: port 8080/tcp of the device is held by VM '{WorkloadFixture.Web}' of deployment '{WorkloadFixture.Web}'",
            Assert.Single(told.Devices).Message);
        Assert.Contains("PortConflict", await _device.Mvm.MustAsync("get", "deployment", "rival"), StringComparison.Ordinal);
        await _device.Mvm.MustAsync("delete", "deployment", "rival");
    }

    /// <summary>A volume outlives its VM, is listed as left over, and goes when somebody says so.</summary>
    [Fact]
    public async Task Volumes_InUseAndLeftOver_AreListedAndTheLeftOverIsDeleted()
    {
        string web = $"{_device.DeviceId} {WorkloadFixture.Web} data 32 MiB in use";
        await WaitForVolumesAsync(web);
        await ApplyAsync("keeper", "kind: Job", "args: [/bin/sh, -c, 'ls /kept']", "volumes: [{name: kept, size: 16MiB, path: /kept}]");
        await _device.WaitForVmAsync("keeper", "the job is done", static vm => vm.Phase == "Completed");
        await WaitForVolumesAsync($"{_device.DeviceId} keeper kept 16 MiB in use", web);
        Mvm.Result used = await _device.Mvm.RunAsync("volumes", "delete", $"{_device.DeviceId}/keeper/kept");
        Assert.NotEqual(0, used.ExitCode);
        Assert.Contains("keeper", used.Error, StringComparison.Ordinal);

        await _device.RemoveAsync("keeper");

        await WaitForVolumesAsync($"{_device.DeviceId} keeper kept 16 MiB left over", web);
        await _device.Mvm.MustAsync("volumes", "delete", $"{_device.DeviceId}/keeper/kept");
        await WaitForVolumesAsync(web);
    }

    [Fact]
    public async Task TenVmsAtOnce_AllBecomeReady()
    {
        string[] names = [.. Enumerable.Range(1, 7).Select(static number => $"many-{number}")];
        await _device.ApplyAsync(string.Join("\n---\n", names.Select(name => Manifest(name, "kind: Service", "args: [/bin/sleep, '100000']"))));

        foreach (string name in names)
        {
            await _device.WaitForVmAsync(name, $"{name} runs", static vm => vm.Phase == "Running" && vm.Ready != false);
        }

        Assert.Equal(10, (await _device.Device.VmmPidsAsync()).Count);
        await _device.WaitUntilReadyAsync();
        await _device.RemoveAsync(names);
    }

    /// <summary>Asks for the list until it has these rows, of which what they take of the disk is left out: it cannot be followed.</summary>
    private async Task WaitForVolumesAsync(params string[] expected)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            string[] lines = (await _device.Mvm.MustAsync("volumes", "list", _device.DeviceId)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal("DEVICE VM VOLUME SIZE TAKEN STATE", string.Join(' ', Gap().Split(lines[0])));
            string[][] rows = [.. lines.Skip(1).Select(static line => Gap().Split(line))];
            Assert.All(rows, static row => Assert.EndsWith("iB", row[4], StringComparison.Ordinal));
            string[] found = [.. rows.Select(static row => string.Join(' ', [.. row[..4], .. row[5..]]))];
            if (expected.SequenceEqual(found))
            {
                return;
            }

            Assert.True(Stopwatch.GetElapsedTime(began) < DeviceFixture.RunningLimit, $"expected {string.Join(", ", expected)}; found {string.Join(", ", found)}");
            await Task.Delay(s_look);
        }
    }

    [GeneratedRegex("  +")]
    private static partial Regex Gap();

    private Task ApplyAsync(string name, params string[] lines) => _device.ApplyAsync(Manifest(name, lines));

    private string Manifest(string name, params string[] lines) =>
        $"""
        apiVersion: microvm/v1
        kind: Deployment
        metadata:
          name: {name}
        spec:
          selector:
            matchLabels: {"{"}device: {_device.DeviceId}{"}"}
          workload:
            image: hello:1
            memory: 80MiB
            {string.Join("\n    ", lines)}
        """;

    /// <summary>The operator reads it from the events and from the VM's status.</summary>
    private async Task AssertToldAsync(string vm, string reason, string message)
    {
        // A status is reported at once, an event comes with the next batch of telemetry.
        await _device.Client.FollowEventsAsync(
            _device.DeviceId, vm, $"event {reason}", DeviceFixture.RunningLimit, found => found.Reason == reason);
        string events = await _device.Mvm.MustAsync("events", $"{_device.DeviceId}/{vm}");
        Assert.Contains(events.Split('\n'), line => line.Contains(reason, StringComparison.Ordinal) && line.Contains(message, StringComparison.Ordinal));
    }
}
