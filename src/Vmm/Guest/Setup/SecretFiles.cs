using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Boot;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Setup;

/// <summary>
/// Secrets as files that the workload's user alone may read. They lie in memory: the root's upper layer, /run and tmpfs mounts are
/// that; where a path is on a volume, an empty file there is covered by one in memory.
/// </summary>
internal static class SecretFiles
{
    private const string Hidden = "/run/.secrets";
    private const uint OwnerReads = 0x100, FolderMode = 0x1C9;

    /// <summary>Writes them, once everything is mounted.</summary>
    internal static void Write(GuestConfig config, ProcessIdentity identity)
    {
        int covered = 0;
        foreach (GuestSecret secret in config.Secrets)
        {
            if (secret.Path.Length == 0)
            {
                continue;
            }

            Mounts.MakeDirectories(secret.Path[..Math.Max(1, secret.Path.LastIndexOf('/'))]);
            if (IsOnVolume(secret.Path, config))
            {
                Mounts.MakeDirectory(Hidden, FolderMode);
                string file = $"{Hidden}/{covered++}";
                WriteOne(file, secret.Value, identity);
                _ = Libc.close(Fd.Open(secret.Path, Fd.WriteOnly | Fd.Create));
                OsFaultException.Check(Libc.mount(file, secret.Path, null, Mounts.Bind, null), "mount", secret.Path);
            }
            else
            {
                WriteOne(secret.Path, secret.Value, identity);
            }

            // It is not needed here any more.
            Array.Clear(secret.Value);
        }
    }

    /// <summary>Whether the deepest thing mounted above a path is a volume.</summary>
    internal static bool IsOnVolume(string path, GuestConfig config)
    {
        int volume = 0, memory = 0;
        foreach (GuestVolume mounted in config.Volumes)
        {
            volume = Math.Max(volume, LengthAbove(mounted.Path, path));
        }

        foreach (Shared.Contracts.Desired.TmpfsMount mounted in config.Tmpfs)
        {
            memory = Math.Max(memory, LengthAbove(mounted.Path, path));
        }

        return volume > memory;
    }

    private static int LengthAbove(string mount, string path) =>
        path.StartsWith(mount, StringComparison.Ordinal) && path.Length > mount.Length && path[mount.Length] == '/' ? mount.Length : 0;

    private static void WriteOne(string path, byte[] value, ProcessIdentity identity)
    {
        _ = Libc.unlink(path);
        int fd = OsFaultException.Check(Libc.open(path, Fd.WriteOnly | Fd.Create | Fd.Exclusive | Fd.CloseOnExec, OwnerReads), "open", path);
        try
        {
            for (int written = 0; written < value.Length;)
            {
                written += Fd.Write(fd, value.AsSpan(written), path);
            }

            OsFaultException.Check(Libc.fchown(fd, identity.Uid, identity.Gid), "fchown", path);
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }
}
