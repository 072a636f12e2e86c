namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct input_event</c> of <c>&lt;linux/input.h&gt;</c>: 24 bytes.</summary>
internal struct InputEvent
{
    internal long Seconds;
    internal long Microseconds;
    internal ushort Type;
    internal ushort Code;
    internal int Value;
}
