using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch.X64;

/// <summary>The memory map of a guest: RAM without the first megabyte's hole, and the ACPI tables inside that hole.</summary>
internal static class E820Map
{
    internal static E820Entry[] Build(ReadOnlySpan<GuestRegion> regions)
    {
        List<E820Entry> entries =
        [
            new(0, AddressMap.LowRamEnd, E820Type.Ram),
            new(AddressMap.AcpiTables, AddressMap.AcpiTablesCapacity, E820Type.AcpiData),
            new(AddressMap.HighMemoryStart, regions[0].End - AddressMap.HighMemoryStart, E820Type.Ram),
        ];
        foreach (GuestRegion region in regions[1..])
        {
            entries.Add(new E820Entry(region.Start.Value, region.Size, E820Type.Ram));
        }

        return [.. entries];
    }
}
