using MicroVm.TestKit;

namespace MicroVm.SystemTests.Memory;

/// <summary>Memory that moves between VMs, and the limits around them, with the real kernel of a device.</summary>
public sealed class MemoryTests(MemoryFixture device) : IClassFixture<MemoryFixture>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);

    [Fact]
    public Task Load_MovesBetweenVms_GetsItsMemoryAndNobodyEnds() => MemoryStory.LoadMovesAsync(device, first: 0, next: 3);

    [Fact]
    public async Task Vm_IsInACgroupWithItsCost_AndGoesBeforeTheAgent()
    {
        int pid = (await device.Load.SampleAsync()).Vms[0].Pid;

        string text = (await device.Load.Device.RunAsync(
            $"cd /sys/fs/cgroup/microvm/vm-0 && cat cgroup.procs memory.max memory.swap.max pids.max cpu.weight /proc/{pid}/oom_score_adj /proc/$(cat /run/agent.pid)/oom_score_adj")).Succeeded();

        // 192 of the guest, 8 of the VMM, 3 of the kernel's tables. KVM puts a thread of the kernel's beside the VMM.
        string[] lines = text.Split('\n');
        Assert.Contains($"{pid}", lines[..^6]);
        Assert.Equal([$"{203 << 20}", "0", "130", "100", "925", "-950"], lines[^6..]);
    }

    [Fact]
    public async Task Vmm_KilledAtItsLimit_IsStartedAgainAndSaysWhy()
    {
        int from = device.Load.Device.AgentLog.Count;

        // What it holds cannot be swapped or dropped.
        await device.Load.Device.RunAsync($"echo {16 << 20} >/sys/fs/cgroup/microvm/vm-2/memory.max");

        await device.Load.Device.AgentLog.WaitForAsync("killed the VMM: it reached its limit of 16 MiB", s_limit, from);
        await device.Load.Device.AgentLog.WaitForAsync("vm-2: workload started", s_limit, from);
        await device.Load.SampleUntilAsync("vm-2 runs again", static sample => sample.Vms.Single(static vm => vm.Name == "vm-2") is { Phase: "Running", Restarts: >= 1 });
        string limit = (await device.Load.Device.RunAsync("cat /sys/fs/cgroup/microvm/vm-2/memory.max")).Succeeded();
        Assert.Equal($"{203 << 20}", limit);
    }

    /// <summary>
    /// A program at its own limit waits for memory, which the kernel counts as the device's waiting (PSI). Nobody gets memory then, not even
    /// a VM that is short; it gets it when the waiting is over.
    /// </summary>
    [Fact]
    public async Task Device_WhoseProgramsWaitForMemory_GivesNoneUntilTheyDoNot()
    {
        const int Vm = 1, Looks = 5;
        VirtualDevice host = device.Load.Device;
        MemorySample before = await device.Load.SampleAsync();
        int from = host.AgentLog.Count;
        (await host.RunAsync("""
            mkdir /sys/fs/cgroup/squeezed && cd /sys/fs/cgroup/squeezed && echo 8M >memory.high && echo 96M >memory.max
            sh -c 'echo $$ >cgroup.procs && exec tail /dev/zero' >/dev/null 2>&1 </dev/null &
            """)).Succeeded();
        try
        {
            await host.AgentLog.WaitForAsync("the device is short of memory: None before", s_limit, from);
            await device.Load.LoadAsync([Vm]);
            for (int look = 0; look < Looks; look++)
            {
                MemorySample during = await device.Load.SampleAsync();
                Assert.All(during.Vms.Zip(before.Vms), static pair => Assert.True(pair.First.GrantedMib <= pair.Second.GrantedMib, $"{pair.First}, {pair.Second} before"));
            }
        }
        finally
        {
            await host.RunAsync("echo 1 >/sys/fs/cgroup/squeezed/cgroup.kill; until rmdir /sys/fs/cgroup/squeezed; do sleep 1; done");
        }

        await host.AgentLog.WaitForAsync(" before, None now", s_limit, from);
        await device.Load.WaitUntilLoadedAsync([Vm]);
        await device.Load.MoveAsync([Vm], []);
        IReadOnlyList<MemorySample.Vm> after = (await device.Load.SampleAsync()).Vms;
        Assert.Equal(before.Vms.Select(static vm => (vm.Pid, vm.Restarts)), after.Select(static vm => (vm.Pid, vm.Restarts)));
    }
}
