using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Supervision;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Boot;

/// <summary>Process 1 from the initramfs to power-off.</summary>
internal static class GuestBoot
{
    private const string Self = "/proc/self/exe";
    private const int FirstFreeDescriptor = 3;

    /// <summary>Boots, supervises, powers off. Every failure is one line on the console and a power-off: an end of process 1 is a kernel panic.</summary>
    internal static void Run()
    {
        try
        {
            if (!SignalSource.AreBlocked())
            {
                Restart();
            }

            HeldModules networkModules = Boot();
            new Supervisor(networkModules).Run();
        }
        catch (Exception e)
        {
            GuestConsole.WriteLine($"powering off: {e.Message}");
        }

        PowerSwitch.PowerOff();
    }

    /// <summary>Starts this program again with the signals blocked (<see cref="SignalSource"/>).</summary>
    // SAFETY: both vectors live until the end of the method, and execve copies what they point to.
    private static unsafe void Restart()
    {
        Mounts.MountKernelFileSystems();
        GuestConsole.Reopen();
        SignalSource.BlockAll();
        using NativeStrings arguments = new(["microvm-init"]);
        using NativeStrings environment = new([]);
        _ = Libc.execve(Self, arguments.Pointer, environment.Pointer);
        throw OsFaultException.FromLastError("execve", Self);
    }

    private static HeldModules Boot()
    {
        ReserveStandardDescriptors();
        GuestConsole.Reopen();
        // Started through a link, it would be called "exe" in every listing of processes.
        Fd.WriteFile("/proc/self/comm", "microvm-init"u8);
        PowerSwitch.TakeCtrlAltDel();
        foreach (ProcessLimit limit in ProcessLimit.OfInit)
        {
            limit.Set();
        }

        HeldModules networkModules;
        using (DeviceArrival arrival = new())
        {
            KernelModules.LoadAll();
            networkModules = HeldModules.Open(HeldModules.NetworkListPath);
            RootFileSystem.Enter(arrival);
        }

        GuestNetwork.BringLoopbackUp();
        GuestConsole.WriteLine($"version {InitVersion.Text}, root file system mounted, waiting for the agent");
        return networkModules;
    }

    /// <summary>A kernel without a console starts process 1 without descriptors 0 to 2, which must not become something else.</summary>
    private static void ReserveStandardDescriptors()
    {
        int fd;
        do
        {
            fd = Libc.open("/dev/null", Fd.ReadWrite | Fd.CloseOnExec, 0);
        }
        while (fd is >= 0 and < FirstFreeDescriptor);

        _ = Libc.close(fd);
    }
}
