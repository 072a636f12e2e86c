using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Supervision;

/// <summary>The machine's power button: an input device of the kernel's button driver, read through evdev.</summary>
internal static unsafe class PowerButton
{
    private const int MostInputDevices = 8;
    private const ushort KeyEvent = 1;
    private const ushort KeyPower = 116;

    /// <summary>Watches every input device, of which a guest has one or two.</summary>
    internal static void Watch(EventLoop loop, Action onPressed)
    {
        for (int i = 0; i < MostInputDevices; i++)
        {
            int fd = Libc.open($"/dev/input/event{i}", Fd.ReadOnly | Fd.NonBlock | Fd.CloseOnExec, 0);
            if (fd >= 0)
            {
                loop.Watch(fd, EventLoop.In, _ => Read(fd, onPressed));
            }
        }
    }

    private static void Read(int fd, Action onPressed)
    {
        InputEvent input;
        // SAFETY: one structure of the stack, the size of what evdev gives.
        while (Fd.Read(fd, new Span<byte>(&input, sizeof(InputEvent)), "input device") == sizeof(InputEvent))
        {
            if (input is { Type: KeyEvent, Code: KeyPower, Value: 1 })
            {
                onPressed();
            }
        }
    }
}
