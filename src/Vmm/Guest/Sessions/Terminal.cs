using System.Buffers.Binary;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Sessions;

/// <summary>A pseudo-terminal, pty(7).</summary>
internal static unsafe class Terminal
{
    /// <summary>Bytes of a frame that gives its size.</summary>
    internal const int SizeBytes = 4;

    private const string Multiplexer = "/dev/ptmx";
    private const int DefaultRows = 24, DefaultColumns = 80;

    /// <summary>Opens a new one: the side of init, non-blocking, and that of the program, which belongs to <paramref name="uid"/>.</summary>
    internal static (int Ours, int Program) Open(int rows, int columns, uint uid)
    {
        int ours = Fd.Open(Multiplexer, Fd.ReadWrite | Fd.NoControllingTty | Fd.NonBlock);
        int program = -1;
        int unlocked = 0;
        // SAFETY: the first call reads one int; the second takes flags in place of a pointer.
        if (Libc.ioctl(ours, TerminalRequests.LockPeer, &unlocked) == 0)
        {
            program = Libc.ioctl(ours, TerminalRequests.OpenPeer, (void*)(Fd.ReadWrite | Fd.NoControllingTty | Fd.CloseOnExec));
        }

        if (program < 0)
        {
            OsFaultException fault = OsFaultException.FromLastError("ioctl", Multiplexer);
            _ = Libc.close(ours);
            throw fault;
        }

        _ = Libc.fchown(program, uid, uint.MaxValue);
        Resize(ours, rows, columns);
        return (ours, program);
    }

    /// <summary>Takes the size of a frame: rows and columns, 16 bits big-endian; another frame is ignored.</summary>
    internal static void Resize(int fd, ReadOnlySpan<byte> size)
    {
        if (size.Length == SizeBytes)
        {
            Resize(fd, BinaryPrimitives.ReadUInt16BigEndian(size), BinaryPrimitives.ReadUInt16BigEndian(size[2..]));
        }
    }

    private static void Resize(int fd, int rows, int columns)
    {
        WindowSize size = new() { Rows = (ushort)(rows == 0 ? DefaultRows : rows), Columns = (ushort)(columns == 0 ? DefaultColumns : columns) };
        // SAFETY: the kernel copies the structure during the call.
        _ = Libc.ioctl(fd, TerminalRequests.SetWindowSize, &size);
    }
}
