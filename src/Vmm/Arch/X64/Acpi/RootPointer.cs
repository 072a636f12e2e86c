using System.Buffers.Binary;
using System.Text;

namespace MicroVm.Vmm.Arch.X64.Acpi;

/// <summary>The root system description pointer, revision 2 (ACPI 6.5, section 5.2.5.3).</summary>
internal static class RootPointer
{
    internal const int Size = 36;

    private const int Version1Size = 20;
    private const int Version1Checksum = 8;
    private const int ExtendedChecksum = 32;

    internal static byte[] Build(ulong xsdtAddress)
    {
        byte[] pointer = new byte[Size];
        Encoding.ASCII.GetBytes("RSD PTR ", pointer);
        Encoding.ASCII.GetBytes(AcpiTable.OemId, pointer.AsSpan(9));
        pointer[15] = 2;
        BinaryPrimitives.WriteInt32LittleEndian(pointer.AsSpan(20), Size);
        BinaryPrimitives.WriteUInt64LittleEndian(pointer.AsSpan(24), xsdtAddress);
        pointer[Version1Checksum] = AcpiTable.Checksum(pointer.AsSpan(0, Version1Size));
        pointer[ExtendedChecksum] = AcpiTable.Checksum(pointer);
        return pointer;
    }
}
