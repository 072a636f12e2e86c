using System.Buffers.Binary;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Supervision;

/// <summary>
/// The power button of a device tree (Documentation/devicetree/bindings/input/gpio-keys.yaml) in kernels without the gpio-keys driver, such
/// as Debian's arm64 cloud kernel: its line is asked for itself. Where the driver is there, the line is the driver's and it tells
/// <see cref="PowerButton"/>.
/// </summary>
internal static unsafe class GpioPowerButton
{
    // Three big-endian cells: handle of the chip, pin, flags. The machine has one chip.
    private const string Description = "/proc/device-tree/gpio-keys/power/gpios";
    private const string Chip = "/dev/gpiochip0";
    private const int DescriptionBytes = 12, PinOffset = 4;

    /// <summary>Watches the line, if the machine has one that nobody else watches.</summary>
    internal static void Watch(EventLoop loop, Action onPressed)
    {
        if (Fd.ReadFile(Description, DescriptionBytes) is not { Length: DescriptionBytes } cells)
        {
            return;
        }

        int chip = Libc.open(Chip, Fd.ReadOnly | Fd.CloseOnExec, 0);
        if (chip < 0)
        {
            return;
        }

        GpioLineRequest request = new() { Flags = GpioLineRequest.Input | GpioLineRequest.RisingEdge, LineCount = 1 };
        // SAFETY: the first of 64 offsets; the kernel reads and writes one structure of the stack, whose size is in the request's number.
        request.Offsets[0] = BinaryPrimitives.ReadUInt32BigEndian(cells.AsSpan(PinOffset));
        bool isOurs = Libc.ioctl(chip, GpioLineRequest.GetLine, &request) == 0;
        _ = Libc.close(chip);
        if (isOurs)
        {
            int line = request.Fd;
            loop.Watch(line, EventLoop.In, _ => Read(line, onPressed));
        }
    }

    private static void Read(int fd, Action onPressed)
    {
        Span<byte> edge = stackalloc byte[GpioLineRequest.EventBytes];
        if (Fd.Read(fd, edge, "power button") == edge.Length)
        {
            onPressed();
        }
    }
}
