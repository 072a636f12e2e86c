using MicroVm.Benchmarks.Nested.Host.Vmms;

namespace MicroVm.Benchmarks.Nested.Host.Scenarios;

/// <summary>Debian's kernel without devices, exec to exit: a guest that restarts as soon as it is up.</summary>
internal static class DebianBootScenario
{
    private static readonly (string Name, string Path)[] s_kernels =
        [("elf", HostContext.DebianKernel), ("bzimage", HostContext.DebianCompressedKernel)];

    internal static void Run(HostContext context)
    {
        string initrd = BootScenario.WriteInitrd();
        // About half of the rounds: these take twenty times as long as the short boots, and repeat within 1 %.
        for (int round = 0; round < (context.Rounds + 1) / 2; round++)
        {
            foreach ((string name, string path) in s_kernels)
            {
                foreach (IVmm side in context.Sides)
                {
                    Measure(context, side, $"debian-{name}-ms", new GuestSpec(path, initrd, HostContext.KernelArguments));
                }
            }

            GuestSpec transparent = new(HostContext.DebianKernel, initrd, HostContext.KernelArguments) { HasHugePages = true };
            Measure(context, context.Sides[0], "debian-elf-transparent-ms", transparent);
        }

        foreach (IVmm side in context.Sides)
        {
            BootScenario.ReportTrace(context, "Debian's kernel to init", side, new GuestSpec(HostContext.DebianKernel, initrd, $"{HostContext.KernelArguments} -- wait"));
        }
    }

    private static void Measure(HostContext context, IVmm side, string figure, GuestSpec guest)
    {
        using NestedVm vm = NestedVm.Start(side.Command(guest));
        vm.WaitForExit();
        context.Report.Sample(figure, side.Name, (NestedVm.NowNs - vm.StartedNs) / 1e6);
    }
}
