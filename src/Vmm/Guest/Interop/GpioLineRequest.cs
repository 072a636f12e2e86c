namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct gpio_v2_line_request</c> of <c>&lt;linux/gpio.h&gt;</c>: 592 bytes.</summary>
internal unsafe struct GpioLineRequest
{
    /// <summary>GPIO_V2_GET_LINE_IOCTL.</summary>
    internal const nuint GetLine = 0xC250B407;

    /// <summary>GPIO_V2_LINE_FLAG_INPUT.</summary>
    internal const ulong Input = 1 << 2;

    /// <summary>GPIO_V2_LINE_FLAG_EDGE_RISING.</summary>
    internal const ulong RisingEdge = 1 << 4;

    /// <summary>Size of <c>struct gpio_v2_line_event</c>, which the line's descriptor gives for each edge.</summary>
    internal const int EventBytes = 48;

    internal fixed uint Offsets[64];
    internal fixed byte Consumer[32];
    internal ulong Flags;
    internal fixed byte Attributes[264];
    internal uint LineCount;
    internal uint EventBufferSize;
    internal fixed uint Padding[5];
    internal int Fd;
}
