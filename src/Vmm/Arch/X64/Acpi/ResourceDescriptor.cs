using System.Buffers.Binary;

namespace MicroVm.Vmm.Arch.X64.Acpi;

/// <summary>Encodes resource descriptors (ACPI 6.5, section 6.4).</summary>
internal static class ResourceDescriptor
{
    /// <summary><c>Memory32Fixed (ReadWrite, address, size)</c>.</summary>
    internal static byte[] Memory32Fixed(uint address, uint size)
    {
        byte[] bytes = [0x86, 9, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), address);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), size);
        return bytes;
    }

    /// <summary><c>Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { gsi }</c>, an extended interrupt.</summary>
    internal static byte[] EdgeInterrupt(uint gsi)
    {
        byte[] bytes = [0x89, 6, 0, 0x03, 1, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(5), gsi);
        return bytes;
    }

    /// <summary><c>IO (Decode16, port, port, 1, count)</c>.</summary>
    internal static byte[] Ports(ushort port, byte count)
    {
        byte[] bytes = [0x47, 1, 0, 0, 0, 0, 1, count];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), port);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), port);
        return bytes;
    }
}
