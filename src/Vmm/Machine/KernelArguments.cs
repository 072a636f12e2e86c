using System.Text;
using MicroVm.Vmm.Control;

namespace MicroVm.Vmm.Machine;

/// <summary>The kernel command line: what the boot source says, and the root device when one of the drives is it.</summary>
internal static class KernelArguments
{
    /// <summary>What Firecracker uses, on every architecture, when the boot source names no arguments.</summary>
    internal const string DefaultArguments = "reboot=k panic=1 nomodule 8250.nr_uarts=0 i8042.noaux i8042.nomux i8042.dumbkbd swiotlb=noforce";

    internal static string For(BootSource boot, IReadOnlyList<DriveConfig> drives)
    {
        StringBuilder line = new(boot.BootArgs ?? DefaultArguments);
        for (int i = 0; i < drives.Count; i++)
        {
            DriveConfig drive = drives[i];
            if (drive.IsRootDevice)
            {
                line.Append(" root=");
                line.Append(drive.PartUuid is null ? "/dev/vda" : $"PARTUUID={drive.PartUuid}");
                line.Append(drive.IsReadOnly ? " ro" : " rw");
            }
        }

        return line.ToString();
    }
}
