namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct winsize</c> of <c>&lt;asm-generic/termios.h&gt;</c>: 8 bytes.</summary>
internal struct WindowSize
{
    internal ushort Rows;
    internal ushort Columns;
    internal ushort PixelsWide;
    internal ushort PixelsHigh;
}
