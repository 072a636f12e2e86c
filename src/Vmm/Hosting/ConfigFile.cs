using MicroVm.Vmm.Control;
using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Hosting;

/// <summary>Reads the files of --config-file and --metadata.</summary>
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
            return VmConfigParser.Parse(json.Span, static file => ReadBytes(file));
        }
        catch (VmConfigException fault)
        {
            throw new VmmFaultException(ExitCode.BadConfiguration, $"{path}: {fault.Message}", fault);
        }
    }

    /// <summary>Reads the file of --metadata into <paramref name="store"/>.</summary>
    /// <exception cref="VmmFaultException">The file is unreadable, no JSON, or more than the store takes.</exception>
    internal static void ReadMetadata(string path, MetadataStore store)
    {
        ReadOnlyMemory<byte> json = ReadBytes(path, HttpLimits.MostMaxBodyBytes);
        try
        {
            if (!store.TryPut(json.Span))
            {
                throw new VmConfigException("mmds", $"at most {store.LimitBytes} bytes", "more");
            }
        }
        catch (VmConfigException fault)
        {
            throw new VmmFaultException(ExitCode.BadConfiguration, $"{path}: {fault.Message}", fault);
        }
    }

    private static ReadOnlyMemory<byte> ReadBytes(string path, int maxBytes = MaxBytes)
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
                    Grow(ref buffer, path, maxBytes);
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

    private static void Grow(ref byte[] buffer, string path, int maxBytes)
    {
        if (buffer.Length >= maxBytes)
        {
            throw new VmmFaultException(ExitCode.BadConfiguration, $"{path}: expected at most {maxBytes} bytes of configuration, found more");
        }

        Array.Resize(ref buffer, buffer.Length * 2);
    }

    private static VmmFaultException Fault(string call, string path)
    {
        OsFaultException cause = OsFaultException.FromLastError(call, path);
        return new VmmFaultException(ExitCode.FileFault, cause.Message, cause);
    }
}
