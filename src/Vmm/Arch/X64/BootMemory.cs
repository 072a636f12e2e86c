using System.Diagnostics;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch.X64;

/// <summary>Writes to the fixed places of <see cref="AddressMap"/>, which exist in every guest: the least RAM is checked before.</summary>
internal static class BootMemory
{
    internal static void Write(GuestMemory memory, ulong address, ReadOnlySpan<byte> bytes)
    {
        bool written = memory.TryWrite(new GuestAddress(address), bytes);
        Debug.Assert(written, "the address map lies in guest memory");
    }
}
