using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Benchmarks.Nested.Guest;

/// <summary>The guest's end by ACPI: S5, and before it the power button.</summary>
internal static unsafe class PowerOff
{
    private const int PowerOffCommand = 0x4321FEDC;
    private const ushort TypeKey = 1, KeyPower = 116;

    internal static void Now() => _ = Libc.reboot(PowerOffCommand);

    /// <summary>Waits for the power button, then powers off.</summary>
    internal static void AtButton()
    {
        const string Path = "/dev/input/event0";
        int fd = OsFaultException.Check(Libc.open(Path, Fd.ReadOnly | Fd.CloseOnExec, 0), "open", Path);
        // From here on no press is lost.
        Fd.WriteOnce(1, "armed\n"u8);
        InputEvent pressed = default;
        while (pressed.Type != TypeKey || pressed.Code != KeyPower)
        {
            // SAFETY: the kernel writes whole structures, here one.
            OsFaultException.Check((int)Libc.read(fd, &pressed, (nuint)sizeof(InputEvent)), "read", Path);
        }

        Now();
    }
}
