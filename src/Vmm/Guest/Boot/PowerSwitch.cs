using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Boot;

/// <summary>reboot(2): the end of the guest.</summary>
internal static class PowerSwitch
{
    private const int CtrlAltDelOff = 0;
    private const int Off = 0x4321FEDC;
    private const int Restart = 0x01234567;

    /// <summary>Makes ctrl-alt-del a SIGINT to process 1 instead of an immediate reset.</summary>
    internal static void TakeCtrlAltDel() => _ = Libc.reboot(CtrlAltDelOff);

    /// <summary>Powers off; where the machine cannot, a reset ends it as well. Returns only when this is not process 1 of a guest.</summary>
    internal static void PowerOff()
    {
        Libc.sync();
        _ = Libc.reboot(Off);
        _ = Libc.reboot(Restart);
    }
}
