using MicroVm.Benchmarks.Nested.Host.Vmms;

namespace MicroVm.Benchmarks.Nested.Host.Scenarios;

/// <summary>How much our VMM grows under block and network load.</summary>
internal static class GrowthScenario
{
    private const int TurnSeconds = 60;

    internal static void Run(HostContext context)
    {
        IVmm ours = context.Sides[0];
        LoadGuests.MakeTaps([ours]);
        Peers.ServeNetwork();
        using NestedVm vm = LoadGuests.Start(ours, MemoryScenario.AllDevices);
        // A short load first: from here on everything has been used once.
        vm.Ask("load 1");
        MemoryAccount before = MemoryAccount.Read(ours, vm.Pid);
        for (int done = 0; done < context.Seconds; done += TurnSeconds)
        {
            vm.Ask($"load {Math.Min(TurnSeconds, context.Seconds - done)}");
            context.Report.Progress($"after {done + TurnSeconds} s: {MemoryAccount.Read(ours, vm.Pid)}");
        }

        MemoryAccount after = MemoryAccount.Read(ours, vm.Pid);
        context.Report.Sample("growth-kib", ours.Name, after.Held.RssKib - before.Held.RssKib);
        context.Report.Info($"growth in {context.Seconds} s: {before} to {after}");
    }
}
