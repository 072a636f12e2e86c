using System.Runtime.CompilerServices;

namespace MicroVm.Shared.Interop;

/// <summary>
/// <c>struct termios</c> as an opaque block: the C library alone reads and writes it. 60 bytes on Linux with glibc or musl, on every
/// architecture; the rest is room.
/// </summary>
[InlineArray(Bytes)]
internal struct Termios
{
    /// <summary>Size of the block.</summary>
    internal const int Bytes = 128;

    private byte _first;
}
