using System.Text.Json;
using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests;

public sealed partial class StoryTests
{
    /// <summary>Longest time until a link that is cut without a word is noticed: a keep-alive and the answer that does not come, under emulation.</summary>
    private static readonly TimeSpan s_silenceLimit = TimeSpan.FromSeconds(150);

    /// <summary>
    /// The image is gone from the device's disk as well, so that all of what starts has come on the stick. What runs meanwhile has its file
    /// open, and finds it there again when it is started anew.
    /// </summary>
    [Fact]
    public async Task Bundle_CarriedInWithNoNetwork_RunsAndNothingRestartsWhenTheNetworkComes()
    {
        int from = _story.Device.AgentLog.Count;
        IReadOnlyList<int> before = await _story.Device.VmmPidsAsync();
        (await _story.Device.RunAsync("ip link set eth0 down && rm /var/lib/microvm/images/*.squashfs")).Succeeded();
        await ApplySecondAsync("carried");
        await _story.Client.WatchDeploymentAsync("second", "assignment", s_removalLimit, static view => view.Devices is [_]);
        ulong generation = (await _story.Client.GetDeviceAsync(_story.DeviceId)).DesiredGeneration;
        string written = await _story.Mvm.MustAsync("bundle", _story.DeviceId, "-o", _story.Stick + ".mvmb");
        Assert.Contains($"device/{_story.DeviceId} generation {generation}, 1 images", written, StringComparison.Ordinal);
        long size = await _story.PlugInAsync(_story.Stick + ".mvmb");
        await _story.Device.AgentLog.WaitForAsync("no connection to", s_silenceLimit, from);

        string checkedOnly = (await _story.Device.RunAsync($"head -c {size} /dev/vdb | microvm-agent apply --check -")).Succeeded();
        Assert.Contains($"generation {generation} would be held", checkedOnly, StringComparison.Ordinal);
        Assert.NotEqual(0, (await _story.Device.RunAsync($"head -c {size - 1} /dev/vdb | microvm-agent apply -")).ExitCode);
        Assert.Equal(before, await _story.Device.VmmPidsAsync());
        string applied = (await _story.Device.RunAsync($"head -c {size} /dev/vdb | microvm-agent apply -")).Succeeded();
        Assert.Contains($"generation {generation} is held", applied, StringComparison.Ordinal);
        Assert.Contains("VM second new", applied, StringComparison.Ordinal);
        await _story.Device.AgentLog.WaitForAsync("second: workload started", StoryFixture.RunningLimit, from);
        IReadOnlyList<int> carried = await _story.Device.VmmPidsAsync();
        Assert.Equal(before, carried.Intersect(before));
        Assert.Equal(2, carried.Count);

        (await _story.Device.RunAsync("ip link set eth0 up && ip route add default via 10.0.2.2")).Succeeded();
        await _story.Client.WatchDeploymentAsync("second", "report after the network is back", s_silenceLimit, static view => view is { Ready: 1, Devices: [{ Online: true }] });
        DeviceView after = await _story.Client.GetDeviceAsync(_story.DeviceId);
        using JsonDocument status = JsonDocument.Parse((await _story.Device.RunAsync("microvm-agent status --json")).Succeeded());
        Assert.Equal((generation, generation), (after.DesiredGeneration, status.RootElement.GetProperty("generation").GetUInt64()));
        Assert.Equal(carried, await _story.Device.VmmPidsAsync());
        Assert.Equal(0, Assert.Single(after.Vms, static vm => vm.Name == "second").Restarts);

        from = _story.Device.AgentLog.Count;
        await _story.Mvm.MustAsync("delete", "deployment", "second");
        await _story.Device.AgentLog.WaitForAsync("second: removed", s_removalLimit, from);
    }
}
