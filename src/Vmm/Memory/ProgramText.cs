using System.Runtime.InteropServices;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Memory;

/// <summary>
/// The code of this program in memory. The kernel maps a file's cached pages sixteen at a time, so nearly all of the program is resident
/// after a start that ran a third of it.
/// </summary>
// SAFETY: program headers are where the auxiliary vector says, for as long as the process lives; what is given up is file-backed and was
// never written, because it is mapped without write access, so that every page comes back with the same content when it is used.
internal static unsafe class ProgramText
{
    private const nuint AuxiliaryProgramHeaders = 3;
    private const nuint AuxiliaryProgramHeaderCount = 5;
    private const uint TypeLoad = 1;
    private const uint Executable = 1;
    private const uint Writable = 2;
    private const int AdviseDontNeed = 4;

    /// <summary>
    /// Takes all code out of resident memory; what is still used comes back with its neighbours, from the page cache. Read-only data
    /// stays: the runtime writes to a page of it at its start.
    /// </summary>
    internal static void Release()
    {
        ProgramHeader* header = (ProgramHeader*)Libc.getauxval(AuxiliaryProgramHeaders);
        nuint count = header == null ? 0 : Libc.getauxval(AuxiliaryProgramHeaderCount);
        for (; count > 0; count--, header++)
        {
            // Addresses are final: the executable is not position-independent (StaticAot.props).
            if (header->Type == TypeLoad && (header->Flags & (Executable | Writable)) == Executable)
            {
                nuint mask = (nuint)Environment.SystemPageSize - 1;
                nuint start = (header->Address + mask) & ~mask;
                nuint end = (header->Address + header->MemorySize) & ~mask;
                _ = end > start ? Libc.madvise((void*)start, end - start, AdviseDontNeed) : 0;
            }
        }
    }

    /// <summary><c>Elf64_Phdr</c> of <c>&lt;elf.h&gt;</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ProgramHeader
    {
        internal uint Type;
        internal uint Flags;
        internal ulong Offset;
        internal nuint Address;
        internal ulong PhysicalAddress;
        internal ulong FileSize;
        internal nuint MemorySize;
        internal ulong Alignment;
    }
}
