using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Updates;

/// <summary>The agent of a running device replaces itself, comes back when the new one does not work, and no VM notices.</summary>
public sealed class UpdateTests(UpdateFixture story) : IClassFixture<UpdateFixture>
{
    /// <summary>Longest time to fetch, verify, unpack and start a release under full emulation.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120 + UpdateFixture.GateSeconds);

    private readonly AgentUpdates _updates = new(story, s_limit);

    [Fact]
    public async Task Release_ThatWorks_TakesOverAndVmsLiveOn()
    {
        IReadOnlyList<int> vmms = await story.Device.VmmPidsAsync();
        int from = story.Device.AgentLog.Count;

        await _updates.StartAsync("0.1.1", await AgentReleaseBench.GoodAsync(story.Folder, "0.1.1"));
        await story.Device.AgentLog.WaitForAsync("the trial of agent 0.1.1 is over: it works and stays", s_limit, from);

        await _updates.WaitForPhaseAsync("Current");
        Assert.Equal(("0.1.1", "0.1.1"), await _updates.VersionsAsync());
        Assert.Equal(vmms, await story.Device.VmmPidsAsync());
        await story.WaitUntilCompleteAsync("report after the update");
        string slot = (await story.Device.RunAsync("readlink -f /proc/$(pidof microvm-agent)/exe; readlink /var/lib/microvm/slots/current")).Succeeded();
        Assert.Matches("^/var/lib/microvm/slots/([ab])/microvm-agent\n\\1$", slot.Trim());
        Assert.False((await story.Device.RunAsync("test -e /var/lib/microvm/slots/trial")).ExitCode == 0, "a trial that is over is not on the disk");

        // A VM that is started now gets the VMM and the guest files of the release.
        from = story.Device.AgentLog.Count;
        (await story.Device.RunAsync("kill -KILL $(pidof microvm-vmm)")).Succeeded();
        await NestedHang.RetryOnceAsync(
            () => story.Device.AgentLog.WaitForAsync("workload started", StoryFixture.RunningLimit, from), story.PowerCycleAsync);
        Assert.StartsWith("/var/lib/microvm/slots/", (await story.Device.RunAsync("readlink -f /proc/$(pidof microvm-vmm)/exe")).Succeeded(), StringComparison.Ordinal);
        await story.WaitUntilCompleteAsync("report after the VM's start");
    }

    [Fact]
    public async Task Release_ThatCrashes_GivesWayToTheOneBeforeAndIsNotTriedAgain()
    {
        (string before, _) = await _updates.VersionsAsync();
        IReadOnlyList<int> vmms = await story.Device.VmmPidsAsync();

        await _updates.StartAsync("9.0.0", await AgentReleaseBench.CrashingAsync(story.Folder, "9.0.0"));
        EventView failed = await story.Client.FollowDeviceEventsAsync(
            story.DeviceId, 0, "event of the failure", s_limit, static one => one.Reason == "AgentUpdateFailed" && one.Message.StartsWith("agent 9.0.0", StringComparison.Ordinal));

        Assert.Equal(EventView.Warning, failed.Type);
        Assert.Contains("it did not stay up: started 5 times", failed.Message, StringComparison.Ordinal);
        await _updates.WaitForPhaseAsync("Failed");
        Assert.Equal((before, "9.0.0"), await _updates.VersionsAsync());
        Assert.Equal(vmms, await story.Device.VmmPidsAsync());
        Assert.Contains("agent 9.0.0: failed: it did not stay up", (await story.Client.GetDeviceAsync(story.DeviceId)).Condition, StringComparison.Ordinal);
        Mvm.Result again = await story.Mvm.RunAsync("agent", "update", "9.0.0", "--device", story.DeviceId);
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("it did not stay up", again.Error, StringComparison.Ordinal);

        // The agent that is started next has not forgotten it.
        int from = story.Device.AgentLog.Count;
        await story.Device.KillAgentAsync();
        await story.Device.AgentLog.WaitForAsync("adopted", s_limit, from);
        await _updates.WaitForPhaseAsync("Failed");
        Assert.Equal((before, "9.0.0"), await _updates.VersionsAsync());
    }

    [Fact]
    public async Task Release_ThatCannotConnect_GivesWayAfterItsTime()
    {
        (string before, _) = await _updates.VersionsAsync();
        IReadOnlyList<int> vmms = await story.Device.VmmPidsAsync();

        await _updates.StartAsync("9.0.1", await AgentReleaseBench.MuteAsync(story.Folder, "9.0.1"));
        EventView failed = await story.Client.FollowDeviceEventsAsync(
            story.DeviceId, 0, "event of the failure", s_limit, static one => one.Reason == "AgentUpdateFailed" && one.Message.StartsWith("agent 9.0.1", StringComparison.Ordinal));

        Assert.Contains($"not connected within {UpdateFixture.GateSeconds} s", failed.Message, StringComparison.Ordinal);
        await _updates.WaitForPhaseAsync("Failed");
        Assert.Equal((before, "9.0.1"), await _updates.VersionsAsync());
        Assert.Equal(vmms, await story.Device.VmmPidsAsync());
    }
}
