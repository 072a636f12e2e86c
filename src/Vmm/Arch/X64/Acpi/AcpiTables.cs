using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch.X64.Acpi;

/// <summary>Builds all tables and lays them into guest memory one behind the other, the RSDP first.</summary>
internal static class AcpiTables
{
    private const ulong Alignment = 16;

    internal static void Write(GuestMemory memory, int vcpuCount, int virtioDeviceCount)
    {
        ulong next = AddressMap.AcpiTables + Aligned(RootPointer.Size);
        ulong dsdt = Place(memory, ref next, DsdtTable.Build(virtioDeviceCount));
        ulong fadt = Place(memory, ref next, FadtTable.Build(dsdt));
        ulong madt = Place(memory, ref next, MadtTable.Build(vcpuCount));
        ulong xsdt = Place(memory, ref next, XsdtTable.Build([fadt, madt]));
        BootMemory.Write(memory, AddressMap.AcpiTables, RootPointer.Build(xsdt));
    }

    private static ulong Place(GuestMemory memory, ref ulong next, byte[] table)
    {
        ulong address = next;
        BootMemory.Write(memory, address, table);
        next += Aligned((ulong)table.Length);
        return address;
    }

    private static ulong Aligned(ulong size) => (size + Alignment - 1) & ~(Alignment - 1);
}
