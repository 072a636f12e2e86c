using System.Runtime.InteropServices;
using MicroVm.Benchmarks.Nested.Host.Vmms;

namespace MicroVm.Benchmarks.Nested.Host;

/// <summary>What a scenario works with.</summary>
/// <param name="Report">Takes the results.</param>
/// <param name="Rounds">Measured rounds of each side; one more comes first and is not counted.</param>
/// <param name="Seconds">How long scenarios that run for some time do.</param>
internal sealed record HostContext(Report Report, int Rounds, int Seconds)
{
    internal const string DebianKernel = "/guest/debian-vmlinux";
    internal const string DebianCompressedKernel = "/guest/debian-vmlinuz";
    internal const string LoadInitrd = "/guest/load.cpio";

    /// <summary>
    /// Arguments of every guest kernel. There is no PCI, and a reset is a triple fault, which every VMM takes for the end.
    /// </summary>
    internal static string KernelArguments => IsArm ? "console=ttyS0 quiet panic=-1" :
        "console=ttyS0 quiet reboot=t panic=-1 pci=off 8250.nr_uarts=1 i8042.noaux i8042.nomux i8042.dumbkbd swiotlb=noforce";

    /// <summary>The small guest kernel in the form that our VMM boots fastest.</summary>
    internal static string SmallKernel => IsArm ? "/guest/Image" : "/guest/vmlinux";

    /// <summary>On aarch64 nothing stands beside ours, and KVM's trace points have other names.</summary>
    internal static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Ours and the peer, in the order of their turns.</summary>
    internal IReadOnlyList<IVmm> Sides { get; } = IsArm ? [new OurVmm()] : [new OurVmm(), new QemuMicrovm()];
}
