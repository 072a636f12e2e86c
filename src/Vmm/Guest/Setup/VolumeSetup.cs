using System.Runtime.InteropServices;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Boot;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Setup;

/// <summary>Mounts volumes and, at the end, unmounts them.</summary>
internal static class VolumeSetup
{
    private const string FileSystem = "ext4";
    private const uint PermissionBits = 0xFFF;
    private const int Detach = 2;

    /// <summary>Waits for the device and mounts it; its journal is replayed by that.</summary>
    /// <exception cref="WorkloadException">It cannot be mounted.</exception>
    internal static void Mount(GuestVolume volume, ProcessIdentity identity, DeviceArrival arrival)
    {
        try
        {
            arrival.Await(volume.Device, RootFileSystem.DeviceTimeoutMilliseconds);
        }
        catch (TimeoutException e)
        {
            throw Fault(volume, e.Message);
        }

        bool isInImage = FileStatus.TryRead(volume.Path, out FileStatus image);
        Mounts.MakeDirectories(volume.Path);
        if (!TryMount(volume, null, out int errno)
            && (errno != Errno.ReadOnlyFileSystem || !volume.ReadOnly || !TryMount(volume, "noload", out errno)))
        {
            throw Fault(volume, new OsFaultException("mount", volume.Device, errno).Message + "; expected an ext4 file system");
        }

        if (!volume.ReadOnly)
        {
            GiveToWorkload(volume.Path, identity, isInImage ? image : null);
        }
    }

    /// <summary>Writes everything and lets go of it; what is still in use is at least read-only afterwards, or written.</summary>
    internal static void Unmount(IReadOnlyList<GuestVolume> volumes)
    {
        for (int i = volumes.Count - 1; i >= 0; i--)
        {
            string path = volumes[i].Path;
            if (Libc.umount2(path, 0) != 0 && Libc.mount("none", path, null, Mounts.Remount | Mounts.ReadOnly, null) != 0)
            {
                Libc.sync();
                _ = Libc.umount2(path, Detach);
            }
        }
    }

    private static bool TryMount(GuestVolume volume, string? data, out int errno)
    {
        uint flags = Mounts.NoAccessTimes | Mounts.NoDev | (volume.ReadOnly ? Mounts.ReadOnly : 0);
        errno = Libc.mount(volume.Device, volume.Path, FileSystem, flags, data) == 0 ? 0 : Marshal.GetLastPInvokeError();
        return errno == 0;
    }

    /// <summary>
    /// The top of a new volume belongs to root, which a workload of another user could not write to: it becomes what the image has
    /// there, else the workload's.
    /// </summary>
    private static void GiveToWorkload(string path, ProcessIdentity identity, FileStatus? image)
    {
        if (!FileStatus.TryRead(path, out FileStatus top) || top.Uid != 0)
        {
            return;
        }

        (uint uid, uint gid) = image is FileStatus there ? (there.Uid, there.Gid) : (identity.Uid, identity.Gid);
        if (uid != 0)
        {
            _ = Libc.chown(path, uid, gid);
            _ = image is FileStatus known ? Libc.chmod(path, known.Mode & PermissionBits) : 0;
        }
    }

    private static WorkloadException Fault(GuestVolume volume, string message) =>
        new(WorkloadException.NotStarted, $"volume {volume.Path}: {message}");
}
