using MicroVm.Vmm.Control;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Hosting;

/// <summary>Reads the file of --config-file.</summary>
internal static unsafe class ConfigFile
{
    private const int OpenReadOnlyCloseOnExec = 0x80000;
    private const int MaxBytes = 256 * 1024;

    /// <exception cref="VmmFaultException">The file is unreadable, too large or no configuration.</exception>
    internal static VmConfig Read(string path)
    {
        ReadOnlyMemory<byte> json = ReadBytes(path);
        try
        {
            return VmConfigParser.Parse(json.Span, ReadBytes);
        }
        catch (VmConfigException fault)
        {
            throw new VmmFaultException(ExitCode.BadConfiguration, $"{path}: {fault.Message}", fault);
        }
    }

    private static ReadOnlyMemory<byte> ReadBytes(string path)
    {
        int fd = Libc.open(path, OpenReadOnlyCloseOnExec, 0);
        if (fd < 0)
        {
            throw Fault("open", path);
        }

        byte[] buffer = new byte[4096];
        int length = 0;
        try
        {
            for (int count = ReadSome(fd, buffer, path); count > 0; count = ReadSome(fd, buffer.AsSpan(length), path))
            {
                length += count;
                if (length == buffer.Length)
                {
                    Grow(ref buffer, path);
                }
            }
        }
        finally
        {
            _ = Libc.close(fd);
        }

        return buffer.AsMemory(0, length);
    }

    private static int ReadSome(int fd, Span<byte> destination, string path)
    {
        // SAFETY: pinned while the kernel writes at most its length.
        fixed (byte* pointer = destination)
        {
            nint count = Libc.read(fd, pointer, (nuint)destination.Length);
            return count >= 0 ? (int)count : throw Fault("read", path);
        }
    }

    private static void Grow(ref byte[] buffer, string path)
    {
        if (buffer.Length >= MaxBytes)
        {
            throw new VmmFaultException(ExitCode.BadConfiguration, $"{path}: expected at most {MaxBytes} bytes of configuration, found more");
        }

        Array.Resize(ref buffer, buffer.Length * 2);
    }

    private static VmmFaultException Fault(string call, string path)
    {
        OsFaultException cause = OsFaultException.FromLastError(call, path);
        return new VmmFaultException(ExitCode.FileFault, cause.Message, cause);
    }
}
