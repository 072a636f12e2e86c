using MicroVm.TestKit;

namespace MicroVm.SystemTests.Memory;

/// <summary>What memory does on every architecture.</summary>
internal static class MemoryStory
{
    /// <summary>Load comes to one VM, goes to another and ends: each time there is memory for it, within the budget, and every process stays.</summary>
    internal static async Task LoadMovesAsync(MemoryFixture device, int first, int next)
    {
        int from = device.Load.Samples.Count;
        IReadOnlyList<MemorySample.Vm> before = (await device.Load.SampleAsync()).Vms;

        await device.Load.MoveAsync([], [first]);
        await device.Load.MoveAsync([first], [next]);
        await device.Load.MoveAsync([next], []);

        Assert.Equal(device.Options.Vms, before.Count);
        Assert.All(device.Load.Samples[from..], sample =>
        {
            Assert.Equal(before.Select(static vm => (vm.Name, vm.Pid, vm.Restarts)), sample.Vms.Select(static vm => (vm.Name, vm.Pid, vm.Restarts)));
            Assert.True(sample.GrantedMib + (device.Options.Vms * MemoryLoadOptions.VmmMib) <= device.Options.BudgetMib);
            Assert.True(sample.HeldMib <= device.Options.BudgetMib);
        });
    }
}
