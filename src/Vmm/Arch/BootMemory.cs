using System.Diagnostics;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch;

/// <summary>Writes to places that an address map promises in every guest (the least RAM is checked before), and says where the kernel puts its tables.</summary>
internal static class BootMemory
{
    /// <summary>Of all memory, what Linux takes from its end for page structures (1/64), hash tables and the like before it runs a process.</summary>
    private const ulong TablesShare = 32;

    /// <summary>Has huge pages where the kernel will allocate, from the end of RAM or the initrd downwards, what it keeps.</summary>
    internal static void PreferHugePagesForTables(GuestMemory memory, BootPayload payload)
    {
        GuestRegion last = memory.Regions[^1];
        bool isBelowInitrd = payload.InitrdSize != 0 && memory.Regions.Length == 1;
        ulong end = isBelowInitrd ? payload.InitrdAddress.Value : last.End;
        ulong length = Math.Min(memory.SizeBytes / TablesShare, end - last.Start.Value);
        memory.PreferHugePages(new GuestAddress(end - length), length);
    }

    internal static void Write(GuestMemory memory, ulong address, ReadOnlySpan<byte> bytes)
    {
        bool written = memory.TryWrite(new GuestAddress(address), bytes);
        Debug.Assert(written, "the address map lies in guest memory");
    }
}
