using MicroVm.Vmm.Guest.Boot;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Workload;

if (args is [ExecStage.Marker, ..])
{
    return ExecStage.Run(args);
}

if (Libc.getpid() == 1)
{
    GuestBoot.Run();
    return 0;
}

GuestConsole.WriteLine($"expected to be process 1 of a guest, found process {Libc.getpid()}");
return 2;
