using System.Text;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Boot;

/// <summary>
/// The workload's root: the squashfs of a block device, read-only, under an overlay whose upper layer is memory and is gone with
/// the guest. It is the first block device, or the second when the kernel started init from the first: a kernel that has its
/// drivers built in needs no initramfs, which keeps init's whole file in memory.
/// </summary>
internal static class RootFileSystem
{
    private const string First = "/dev/vda", Second = "/dev/vdb";
    private const string CommandLine = "/proc/cmdline";
    private const int CommandLineLimitBytes = 4096;

    /// <summary>What a device has to arrive, in milliseconds.</summary>
    internal const int DeviceTimeoutMilliseconds = 10_000;

    private const string Image = "/mnt/image";
    private const string Upper = "/mnt/upper";
    private const string Root = "/mnt/root";

    /// <summary>Mounts the image and makes it the root of this process and of all that it starts.</summary>
    internal static void Enter(DeviceArrival arrival)
    {
        string device = DeviceOf(Encoding.UTF8.GetString(Fd.ReadFile(CommandLine, CommandLineLimitBytes) ?? []));
        arrival.Await(device, DeviceTimeoutMilliseconds);
        Mounts.MakeDirectory("/mnt");
        Mounts.Mount("squashfs", Image, Mounts.ReadOnly | Mounts.NoDev, null, device);
        Mounts.Mount("tmpfs", Upper, 0, "mode=0755");
        Mounts.MakeDirectory($"{Upper}/data");
        Mounts.MakeDirectory($"{Upper}/work");
        Mounts.Mount("overlay", Root, 0, $"lowerdir={Image},upperdir={Upper}/data,workdir={Upper}/work");
        MountInside();
        SwitchRoot();
    }

    /// <summary>The device with the image, by the kernel's command line: <c>root=</c> names the one that init came from.</summary>
    internal static string DeviceOf(string commandLine) => commandLine.Split(' ', '\n').Contains($"root={First}") ? Second : First;

    private static void MountInside()
    {
        Mounts.MountKernelFileSystems(Root);
        Mounts.Mount("devpts", $"{Root}/dev/pts", Mounts.NoSuid | Mounts.NoExec, "ptmxmode=0666,mode=0620,gid=5");
        Mounts.Mount("tmpfs", $"{Root}/dev/shm", Mounts.NoSuid | Mounts.NoDev, "mode=1777");
        Mounts.Mount("tmpfs", $"{Root}/run", Mounts.NoSuid | Mounts.NoDev, "mode=0755");
        Mounts.Mount("tmpfs", $"{Root}/tmp", Mounts.NoSuid | Mounts.NoDev, "mode=1777");

        // What udev or a container runtime would link; images log to /dev/stdout.
        _ = Libc.symlink("/proc/self/fd", $"{Root}/dev/fd");
        _ = Libc.symlink("/proc/self/fd/0", $"{Root}/dev/stdin");
        _ = Libc.symlink("/proc/self/fd/1", $"{Root}/dev/stdout");
        _ = Libc.symlink("/proc/self/fd/2", $"{Root}/dev/stderr");
    }

    private static void SwitchRoot()
    {
        OsFaultException.Check(Libc.chdir(Root), "chdir", Root);
        // rootfs cannot be unmounted or pivoted away: the new root is moved over it, as switch_root(8) does.
        OsFaultException.Check(Libc.mount(".", "/", null, Mounts.Move, null), "mount", "the new root over /");
        OsFaultException.Check(Libc.chroot("."), "chroot", "the new root");
        OsFaultException.Check(Libc.chdir("/"), "chdir", "/");
    }
}
