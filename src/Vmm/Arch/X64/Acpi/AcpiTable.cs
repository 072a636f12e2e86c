using System.Buffers.Binary;
using System.Text;

namespace MicroVm.Vmm.Arch.X64.Acpi;

/// <summary>The header that every ACPI table but the RSDP starts with (ACPI 6.5, section 5.2.6).</summary>
internal static class AcpiTable
{
    internal const int HeaderSize = 36;

    /// <summary>Six characters.</summary>
    internal const string OemId = "MICROV";

    private const string OemTableId = "MICROVM ";
    private const string CreatorId = "MVMM";
    private const int ChecksumOffset = 9;

    /// <summary>A table of <see cref="HeaderSize"/> + <paramref name="bodySize"/> bytes with its header; <see cref="Seal"/> it when the body is there.</summary>
    internal static byte[] Create(string signature, byte revision, int bodySize)
    {
        byte[] table = new byte[HeaderSize + bodySize];
        Encoding.ASCII.GetBytes(signature, table);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(4), table.Length);
        table[8] = revision;
        Encoding.ASCII.GetBytes(OemId, table.AsSpan(10));
        Encoding.ASCII.GetBytes(OemTableId, table.AsSpan(16));
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(24), 1);
        Encoding.ASCII.GetBytes(CreatorId, table.AsSpan(28));
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(32), 1);
        return table;
    }

    /// <summary>Sets the checksum.</summary>
    internal static byte[] Seal(byte[] table)
    {
        table[ChecksumOffset] = 0;
        table[ChecksumOffset] = Checksum(table);
        return table;
    }

    /// <summary>The byte that makes all bytes add up to zero.</summary>
    internal static byte Checksum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (byte value in bytes)
        {
            sum = unchecked((byte)(sum + value));
        }

        return unchecked((byte)-sum);
    }
}
