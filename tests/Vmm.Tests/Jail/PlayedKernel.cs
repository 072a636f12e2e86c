using System.Runtime.InteropServices;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Tests.Jail;

/// <summary>Runs a filter over one system call, as the kernel would.</summary>
internal static class PlayedKernel
{
    /// <summary>What the filter says about a call (SECCOMP_RET_*).</summary>
    internal static uint Judge(ReadOnlySpan<SockFilter> program, uint call, uint architecture, params ReadOnlySpan<ulong> arguments)
    {
        Span<ulong> data = stackalloc ulong[8];
        data[0] = call | ((ulong)architecture << 32);
        arguments.CopyTo(data[2..]);
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<ulong, uint>(data);
        uint accumulator = 0;
        for (int at = 0; ; at++)
        {
            SockFilter instruction = program[at];
            switch (instruction.Code)
            {
                case 0x20:
                    accumulator = words[(int)instruction.Operand / 4];
                    break;
                case 0x15:
                    at += accumulator == instruction.Operand ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case 0x45:
                    at += (accumulator & instruction.Operand) != 0 ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case 0x06:
                    return instruction.Operand;
                default:
                    throw new InvalidOperationException($"code 0x{instruction.Code:x}");
            }
        }
    }
}
