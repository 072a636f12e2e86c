using System.Text;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Control;

namespace MicroVm.Vmm.Machine;

/// <summary>The kernel command line: what the boot source says, and the root device when one of the drives is it.</summary>
internal static class KernelArguments
{
    internal static string For(BootSource boot, IReadOnlyList<DriveConfig> drives)
    {
        StringBuilder line = new(boot.BootArgs ?? CommandLineWriter.DefaultArguments);
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
