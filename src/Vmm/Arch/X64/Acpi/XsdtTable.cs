using System.Buffers.Binary;

namespace MicroVm.Vmm.Arch.X64.Acpi;

/// <summary>The extended system description table: where the other tables are.</summary>
internal static class XsdtTable
{
    internal static byte[] Build(ReadOnlySpan<ulong> tables)
    {
        byte[] table = AcpiTable.Create("XSDT", 1, tables.Length * sizeof(ulong));
        for (int i = 0; i < tables.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(AcpiTable.HeaderSize + (i * sizeof(ulong))), tables[i]);
        }

        return AcpiTable.Seal(table);
    }
}
