using MicroVm.Benchmarks.Nested.Host.Vmms;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Benchmarks.Nested.Host.Scenarios;

/// <summary>The small kernel does what guests need of it: squashfs and ext4 under an overlay, ACPI's power off and button.</summary>
internal static class KernelScenario
{
    private const int SigTerm = 15;

    internal static void Run(HostContext context)
    {
        foreach (IVmm side in context.Sides)
        {
            foreach (string type in (IEnumerable<string>)["squashfs", "ext4"])
            {
                string disk = $"/tmp/{side.Name}.{type}";
                File.Copy($"/guest/files.{type}", disk, overwrite: true);
                using NestedVm vm = LoadGuests.Start(side, (_, guest) => guest with { Disk = disk });
                vm.Ask($"files {type}");
                vm.Type("off");
                vm.WaitForExit();
                context.Report.Info($"kernel: {side.Name} mounted {type} and an overlay above it, and powered off");
            }
        }

        using NestedVm waiting = LoadGuests.Start(context.Sides[0], static (_, guest) => guest);
        waiting.Type("button");
        waiting.WaitFor("armed");
        _ = Libc.kill(waiting.Pid, SigTerm);
        waiting.WaitForExit();
        context.Report.Info("kernel: a guest powered off at the press of its power button");
    }
}
