using System.Runtime.InteropServices;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Jail.Filters;

/// <summary>Reads a file with one program of classic BPF: its instructions of eight bytes, one behind the other, as libseccomp exports them.</summary>
internal static unsafe class FilterFile
{
    private const int OpenReadOnlyCloseOnExec = 0x80000;
    private const ushort LastOfSeccompData = 60;

    // What the kernel takes from a filter (kernel/seccomp.c, seccomp_check_filter).
    private static readonly ushort[] s_codes =
    [
        0x20, 0x80, 0x81, 0x06, 0x16, 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x54, 0x5c, 0x44, 0x4c, 0xa4, 0xac, 0x64, 0x6c, 0x74,
        0x7c, 0x84, 0x00, 0x01, 0x07, 0x87, 0x60, 0x61, 0x02, 0x03, 0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d,
    ];

    /// <exception cref="VmmFaultException">The file is unreadable, or no program that the kernel would take.</exception>
    internal static SockFilter[] Read(string path)
    {
        byte[] bytes = new byte[(Seccomp.MaxInstructions * sizeof(SockFilter)) + 1];
        int length = ReadAll(path, bytes);
        if (length == 0 || length % sizeof(SockFilter) != 0 || length == bytes.Length)
        {
            throw Bad(path, $"1 to {Seccomp.MaxInstructions} instructions of {sizeof(SockFilter)} bytes", $"{length} bytes");
        }

        SockFilter[] program = MemoryMarshal.Cast<byte, SockFilter>(bytes.AsSpan(0, length)).ToArray();
        Check(program, path);
        return program;
    }

    /// <summary>Makes sure of what the kernel will: known instructions, jumps that stay inside, an end.</summary>
    internal static void Check(ReadOnlySpan<SockFilter> program, string path)
    {
        for (int i = 0; i < program.Length; i++)
        {
            SockFilter instruction = program[i];
            int kind = instruction.Code & 7;
            if (!s_codes.AsSpan().Contains(instruction.Code))
            {
                throw Bad(path, "instructions that seccomp has", $"code 0x{instruction.Code:x} at {i}");
            }

            bool isAlwaysJump = instruction.Code == 0x05;
            ulong farthest = kind != 5 ? 0 : isAlwaysJump ? instruction.Operand : Math.Max(instruction.JumpTrue, instruction.JumpFalse);
            if ((ulong)i + farthest + 1 >= (ulong)program.Length && kind != 6)
            {
                throw Bad(path, "a program that ends with a return and jumps within itself", $"instruction {i} of {program.Length}");
            }

            if (instruction.Code == FilterBuilder.Load && (instruction.Operand > LastOfSeccompData || instruction.Operand % 4 != 0))
            {
                throw Bad(path, "loads of words of struct seccomp_data", $"offset {instruction.Operand} at {i}");
            }
        }
    }

    private static int ReadAll(string path, Span<byte> destination)
    {
        int fd = Libc.open(path, OpenReadOnlyCloseOnExec, 0);
        if (fd < 0)
        {
            throw Fault("open", path);
        }

        try
        {
            int length = 0;
            while (length < destination.Length)
            {
                // SAFETY: pinned while the kernel writes at most the rest of its length.
                fixed (byte* pointer = destination[length..])
                {
                    nint count = Libc.read(fd, pointer, (nuint)(destination.Length - length));
                    if (count < 0)
                    {
                        throw Fault("read", path);
                    }

                    if (count == 0)
                    {
                        break;
                    }

                    length += (int)count;
                }
            }

            return length;
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    private static VmmFaultException Bad(string path, string expected, string found) =>
        new(ExitCode.BadConfiguration, $"{path}: expected {expected}, found {found}");

    private static VmmFaultException Fault(string call, string path)
    {
        OsFaultException cause = OsFaultException.FromLastError(call, path);
        return new VmmFaultException(ExitCode.FileFault, cause.Message, cause);
    }
}
