using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests;

public sealed partial class StoryTests
{
    /// <summary>A service, a job that runs once, and one that runs until it succeeds: each ends behind the agent's back.</summary>
    [Fact]
    public async Task Vmms_ThatDieWhileTheAgentIsAway_AreHandledByTheirRestartPoliciesWhenItComesBack()
    {
        string before = await TracesAsync();
        await ApplyJobAsync("once", "Never");
        await ApplyJobAsync("again", "OnFailure");
        await WaitForLineAsync("once", "this is once");
        LogEntryView first = await WaitForLineAsync("again", "this is again");
        await _story.Client.WatchDeploymentAsync("once", "running job", StoryFixture.RunningLimit, static view => view.Devices is [{ Phase: "Running" }]);
        int restarts = (await VmAsync(Vm)).Restarts;
        IReadOnlyList<int> dead = await _story.Device.VmmPidsAsync();
        Assert.Equal(3, dead.Count);
        int from = _story.Device.AgentLog.Count;

        // Nobody starts the agent again before the VMMs are gone.
        (await _story.Device.RunAsync("""
            kill -STOP $(cat /run/supervise.pid)
            kill -KILL $(cat /run/agent.pid)
            until grep -q '^State:.*Z' /proc/$(cat /run/agent.pid)/status; do usleep 100000; done
            kill -KILL $(pidof microvm-vmm)
            while pidof microvm-vmm; do usleep 100000; done
            kill -CONT $(cat /run/supervise.pid)
            """)).Succeeded();

        foreach (string vm in (string[])[Vm, "once", "again"])
        {
            await _story.Device.AgentLog.WaitForAsync(
                $"end of {vm}", line => line.Contains($"{vm}: VMM pid", StringComparison.Ordinal) && line.Contains("ended while the agent was not running", StringComparison.Ordinal), s_silenceLimit, from);
            EventView told = await _story.Client.FollowEventsAsync(
                _story.DeviceId, vm, $"event of the end of {vm}", s_silenceLimit, static found => found.Reason == "VmmEnded");
            Assert.StartsWith("the VMM ended while the agent was not running", told.Message, StringComparison.Ordinal);
        }

        await _story.Device.AgentLog.WaitForAsync($"{Vm}: workload started", StoryFixture.RunningLimit, from);
        await _story.Client.FollowLogsAsync(
            _story.DeviceId, "again", first.Cursor, "the job's line of its next run", StoryFixture.RunningLimit, static entry => entry.Text == "this is again");
        await _story.WaitUntilCompleteAsync("report after the agent came back");
        await _story.Client.WatchDeploymentAsync("again", "job that runs again", StoryFixture.RunningLimit, static view => view.Devices is [{ Phase: "Running" }]);
        VmView hello = await VmAsync(Vm), once = await VmAsync("once"), again = await VmAsync("again");
        Assert.Equal(("Running", restarts + 1), (hello.Phase, hello.Restarts));
        Assert.Equal(("Running", 1), (again.Phase, again.Restarts));
        Assert.Equal(("Failed", "VmmEnded", 0), (once.Phase, once.Reason, once.Restarts));
        Assert.Contains(
            await _story.Client.GetEventsAsync(_story.DeviceId, Vm), found => found.Reason == "Started" && found.Message.EndsWith($", restart {restarts + 1}", StringComparison.Ordinal));
        int[] alive = [.. await _story.Device.VmmPidsAsync()];
        Assert.Equal(new[] { hello.VmmPid, again.VmmPid }.Order(), alive);
        Assert.Empty(alive.Intersect(dead));

        from = _story.Device.AgentLog.Count;
        foreach (string vm in (string[])["once", "again"])
        {
            await _story.Mvm.MustAsync("delete", "deployment", vm);
            await _story.Device.AgentLog.WaitForAsync($"{vm}: removed", s_silenceLimit, from);
        }

        Assert.Equal(before, await TracesAsync());
        Assert.Equal([hello.VmmPid], await _story.Device.VmmPidsAsync());
    }

    private async Task ApplyJobAsync(string name, string policy)
    {
        string more = $"restartPolicy: {policy}\n    args: [\"/bin/sh\", \"-c\", \"echo this is {name}; exec sleep 100000\"]\n    memory: 96MiB\n    terminationGracePeriod: 1s";
        using HttpResponseMessage answer = await _story.Client.ApplyAsync(Manifest(name, "hello:1", more).Replace("kind: Service", "kind: Job", StringComparison.Ordinal));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Task<LogEntryView> WaitForLineAsync(string vm, string line) =>
        _story.Client.FollowLogsAsync(_story.DeviceId, vm, 0, $"the line '{line}'", StoryFixture.RunningLimit, entry => entry.Text == line);

    private async Task<VmView> VmAsync(string name) => Assert.Single((await _story.Client.GetDeviceAsync(_story.DeviceId)).Vms, vm => vm.Name == name);

    /// <summary>What VMs have of the device: cgroups, taps, and their files but for the addresses of sockets.</summary>
    private async Task<string> TracesAsync() => (await _story.Device.RunAsync("""
        for dir in /sys/fs/cgroup/microvm/*/; do echo "cgroup $(basename "$dir")"; done
        ls /sys/class/net | grep '^mvm'
        find /run/microvm /var/lib/microvm/volumes | sort
        """)).Succeeded();
}
