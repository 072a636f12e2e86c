using System.Buffers.Binary;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch.X64;

/// <summary>Xen's <c>hvm_start_info</c> version 1 with its module list and memory map, all in one page.</summary>
internal static class PvhStartInfo
{
    private const uint Magic = 0x336ec578;
    private const int ModuleListOffset = 0x100;
    private const int MemoryMapOffset = 0x200;
    private const int MemoryMapEntrySize = 24;
    private const int PageSize = 4096;

    internal static void Write(GuestMemory memory, BootPayload payload, ReadOnlySpan<E820Entry> map)
    {
        Span<byte> page = stackalloc byte[PageSize];
        page.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(page, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(page[4..], 1);
        if (payload.InitrdSize > 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(page[12..], 1);
            BinaryPrimitives.WriteUInt64LittleEndian(page[16..], AddressMap.PvhStartInfo + ModuleListOffset);
            BinaryPrimitives.WriteUInt64LittleEndian(page[ModuleListOffset..], payload.InitrdAddress.Value);
            BinaryPrimitives.WriteUInt64LittleEndian(page[(ModuleListOffset + 8)..], payload.InitrdSize);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(page[24..], AddressMap.CommandLine);
        BinaryPrimitives.WriteUInt64LittleEndian(page[32..], AddressMap.AcpiTables);
        BinaryPrimitives.WriteUInt64LittleEndian(page[40..], AddressMap.PvhStartInfo + MemoryMapOffset);
        BinaryPrimitives.WriteInt32LittleEndian(page[48..], map.Length);
        for (int i = 0; i < map.Length; i++)
        {
            Span<byte> entry = page[(MemoryMapOffset + (i * MemoryMapEntrySize))..];
            BinaryPrimitives.WriteUInt64LittleEndian(entry, map[i].Address);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], map[i].Size);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], (uint)map[i].Type);
        }

        BootMemory.Write(memory, AddressMap.PvhStartInfo, page);
    }
}
