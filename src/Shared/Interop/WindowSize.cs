using System.Runtime.InteropServices;

namespace MicroVm.Shared.Interop;

/// <summary><c>struct winsize</c> of <c>asm-generic/termios.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WindowSize
{
    /// <summary>Rows in characters.</summary>
    internal ushort Rows;

    /// <summary>Columns in characters.</summary>
    internal ushort Columns;

    /// <summary>Unused.</summary>
    internal ushort PixelsX;

    /// <summary>Unused.</summary>
    internal ushort PixelsY;
}
