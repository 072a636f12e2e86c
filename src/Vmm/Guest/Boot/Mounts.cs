using System.Runtime.InteropServices;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Boot;

/// <summary>mount(2) with the flags of <c>&lt;sys/mount.h&gt;</c>, and the directories and links that go with it.</summary>
internal static class Mounts
{
    internal const uint ReadOnly = 0x1;
    internal const uint NoSuid = 0x2;
    internal const uint NoDev = 0x4;
    internal const uint NoExec = 0x8;
    internal const uint Remount = 0x20;
    internal const uint NoAccessTimes = 0x400;
    internal const uint Bind = 0x1000;
    internal const uint Move = 0x2000;

    /// <summary>Mounts, making the target directory first.</summary>
    internal static void Mount(string type, string target, uint flags, string? data = null, string? source = null)
    {
        MakeDirectory(target);
        OsFaultException.Check(Libc.mount(source ?? type, target, type, flags, data), "mount", $"{type} on {target}");
    }

    /// <summary>Makes a directory; an existing one is fine.</summary>
    internal static void MakeDirectory(string path, uint mode = 0x1ED)
    {
        if (Libc.mkdir(path, mode) != 0 && Marshal.GetLastPInvokeError() != Errno.Exists)
        {
            throw OsFaultException.FromLastError("mkdir", path);
        }
    }

    /// <summary>Makes a directory and those above it.</summary>
    internal static void MakeDirectories(string path)
    {
        for (int slash = path.IndexOf('/', 1); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            MakeDirectory(path[..slash]);
        }

        MakeDirectory(path);
    }

    /// <summary>The device nodes. A kernel that starts init from a disk has mounted them there already.</summary>
    private static void MountDevices(string target)
    {
        MakeDirectory(target);
        if (Libc.mount("devtmpfs", target, "devtmpfs", NoSuid | NoExec, "mode=0755") != 0 && Marshal.GetLastPInvokeError() != Errno.Busy)
        {
            throw OsFaultException.FromLastError("mount", $"devtmpfs on {target}");
        }
    }

    /// <summary>The file systems that every later step needs, in the initramfs.</summary>
    internal static void MountKernelFileSystems(string root = "")
    {
        MountDevices($"{root}/dev");
        Mount("proc", $"{root}/proc", NoSuid | NoDev | NoExec);
        Mount("sysfs", $"{root}/sys", NoSuid | NoDev | NoExec);
    }
}
