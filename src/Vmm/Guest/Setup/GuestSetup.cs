using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Boot;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Setup;

/// <summary>What a configuration asks for around the workload, in the order in which it is made.</summary>
internal static class GuestSetup
{
    /// <summary>Makes everything.</summary>
    /// <exception cref="WorkloadException">Something cannot be made; the message names it.</exception>
    internal static void Apply(GuestConfig config, WorkloadPlan plan, HeldModules networkModules)
    {
        using DeviceArrival arrival = new();
        networkModules.Release(config.Network is not null);
        try
        {
            GuestNetwork.SetHostname(config.Hostname, AddressOf(config));
            KernelSettings.ApplyDefaults();
            if (config.Network is not null)
            {
                NetworkSetup.Apply(config.Network, arrival);
            }

            foreach ((string path, GuestVolume? volume, TmpfsMount? tmpfs) in MountsInOrder(config))
            {
                if (volume is not null)
                {
                    VolumeSetup.Mount(volume, plan.Identity, arrival);
                }
                else
                {
                    Mounts.MakeDirectories(path);
                    Mounts.Mount("tmpfs", path, Mounts.NoSuid | Mounts.NoDev, $"mode=1777,size={tmpfs!.SizeMib}m");
                }
            }

            SecretFiles.Write(config, plan.Identity);
            Mounts.MakeDirectories(plan.WorkingDirectory);
            if (config.Process.ReadOnlyRoot)
            {
                // Of the mount, not of the file system: what is mounted inside stays as it is.
                OsFaultException.Check(
                    Libc.mount("none", "/", null, Mounts.Remount | Mounts.Bind | Mounts.ReadOnly, null), "mount", "the root read-only");
            }
        }
        catch (Exception e) when (e is OsFaultException or TimeoutException or InvalidDataException)
        {
            throw new WorkloadException(WorkloadException.NotStarted, e.Message);
        }
    }

    /// <summary>Volumes and memory file systems, what contains others first.</summary>
    internal static IReadOnlyList<(string Path, GuestVolume? Volume, TmpfsMount? Tmpfs)> MountsInOrder(GuestConfig config)
    {
        List<(string Path, GuestVolume? Volume, TmpfsMount? Tmpfs)> mounts = [];
        foreach (GuestVolume volume in config.Volumes)
        {
            mounts.Add((volume.Path, volume, null));
        }

        foreach (TmpfsMount tmpfs in config.Tmpfs)
        {
            mounts.Add((tmpfs.Path, null, tmpfs));
        }

        mounts.Sort(static (a, b) => string.CompareOrdinal(a.Path, b.Path));
        return mounts;
    }

    private static string AddressOf(GuestConfig config)
    {
        const string WithoutNetwork = "127.0.1.1";
        return config.Network is { Addresses: [{ } first, ..] } ? first.Address : WithoutNetwork;
    }
}
