using System.Buffers.Binary;

namespace MicroVm.Vmm.Arch.X64.Acpi;

/// <summary>The multiple APIC description table: one local APIC per vCPU and the IOAPIC; the flag for 8259s is clear.</summary>
internal static class MadtTable
{
    private const int FixedSize = 8;
    private const byte LocalApicType = 0;
    private const byte LocalApicSize = 8;
    private const byte IoApicType = 1;
    private const byte IoApicSize = 12;
    private const uint Enabled = 1;

    internal static byte[] Build(int vcpuCount)
    {
        byte[] table = AcpiTable.Create("APIC", 5, FixedSize + (vcpuCount * LocalApicSize) + IoApicSize);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(AcpiTable.HeaderSize), (uint)AddressMap.LocalApic);
        Span<byte> entries = table.AsSpan(AcpiTable.HeaderSize + FixedSize);
        for (int i = 0; i < vcpuCount; i++)
        {
            entries[0] = LocalApicType;
            entries[1] = LocalApicSize;
            entries[2] = (byte)i;
            entries[3] = (byte)i;
            BinaryPrimitives.WriteUInt32LittleEndian(entries[4..], Enabled);
            entries = entries[LocalApicSize..];
        }

        entries[0] = IoApicType;
        entries[1] = IoApicSize;
        BinaryPrimitives.WriteUInt32LittleEndian(entries[4..], (uint)AddressMap.IoApic);
        return AcpiTable.Seal(table);
    }
}
