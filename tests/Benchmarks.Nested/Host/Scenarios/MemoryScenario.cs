using MicroVm.Benchmarks.Nested.Host.Vmms;

namespace MicroVm.Benchmarks.Nested.Host.Scenarios;

/// <summary>Memory of the VMM outside the guest's, with all devices: after boot, and after 64 MiB of reads.</summary>
internal static class MemoryScenario
{
    internal static void Run(HostContext context)
    {
        LoadGuests.MakeTaps(context.Sides);
        using LoadGuests guests = new(context, context.Sides, AllDevices);
        foreach ((IVmm side, NestedVm vm) in guests.Guests)
        {
            MemoryAccount.Read(side, vm.Pid).Report(context.Report, "memory-boot", side.Name);
            vm.Ask($"read 131072 {NestedProtocol.DiskBytes >> 17} sequential");
            vm.Ask($"read 131072 {NestedProtocol.DiskBytes >> 17} cached");
            MemoryAccount.Read(side, vm.Pid).Report(context.Report, "memory-reads", side.Name);
            if (side is OurVmm)
            {
                MemoryAccount.Show(context.Report, vm.Pid);
            }
        }
    }

    /// <summary>Block, net, vsock, balloon, rng.</summary>
    internal static GuestSpec AllDevices(IVmm side, GuestSpec guest) => guest with
    {
        Disk = LoadGuests.MakeDisk(side),
        HasNetwork = true,
        Vsock = "/tmp/memory-v.sock",
        HasBalloonAndEntropy = true,
        HasNamedMemory = true,
    };
}
