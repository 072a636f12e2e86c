using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>
/// Serial output to standard output or a file. A reader that has gone or a full disk costs the guest its output, never its life:
/// such bytes are dropped.
/// </summary>
internal sealed unsafe class DescriptorSerialOutput : ISerialOutput, IDisposable
{
    private const int StandardOutput = 1;

    // Read access too and non-blocking: opening a FIFO then waits for no reader, and a stuck reader never stops the guest.
    private const int OpenFlags = 0x2 | 0x40 | 0x400 | 0x800 | 0x80000;
    private const uint OwnerAndGroup = 0x1a0;

    private readonly int _fd;

    private DescriptorSerialOutput(int fd) => _fd = fd;

    internal static DescriptorSerialOutput ToStandardOutput() => new(StandardOutput);

    /// <summary>Appends to a file, which is made when it is not there.</summary>
    /// <exception cref="VmmFaultException">The file cannot be opened.</exception>
    internal static DescriptorSerialOutput ToFile(string path)
    {
        int fd = Libc.open(path, OpenFlags, OwnerAndGroup);
        if (fd >= 0)
        {
            return new DescriptorSerialOutput(fd);
        }

        OsFaultException cause = OsFaultException.FromLastError("open", path);
        throw new VmmFaultException(ExitCode.FileFault, cause.Message, cause);
    }

    public bool TryWrite(byte value)
    {
        // SAFETY: one byte of the stack.
        return Libc.write(_fd, &value, 1) == 1;
    }

    public void Dispose()
    {
        if (_fd != StandardOutput)
        {
            _ = Libc.close(_fd);
        }
    }
}
