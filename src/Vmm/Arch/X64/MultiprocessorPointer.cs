using System.Buffers.Binary;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch.X64;

/// <summary>
/// An MP floating pointer structure (MultiProcessor Specification 1.4, 4.1) at the end of low RAM, where Linux looks second. It
/// looks there even with ACPI, from which it then takes everything; where it finds none, it goes through 64 KiB of the BIOS area in
/// steps of 16 bytes and maps the rest anew at each: 3.7 million instructions and 16 pages touched.
/// The table it points to has a header without a signature: a kernel without ACPI refuses it, as if there were none.
/// </summary>
internal static class MultiprocessorPointer
{
    internal const ulong Address = AddressMap.LowRamEnd;

    private const ulong EmptyTable = Address + PointerBytes;
    private const int PointerBytes = 16;
    private const int PhysicalAddressOffset = 4, LengthOffset = 8, SpecificationOffset = 9, ChecksumOffset = 10;
    private const byte Paragraphs = 1;
    private const byte Specification14 = 4;

    internal static void Write(GuestMemory memory)
    {
        Span<byte> pointer = stackalloc byte[PointerBytes];
        pointer.Clear();
        "_MP_"u8.CopyTo(pointer);
        BinaryPrimitives.WriteUInt32LittleEndian(pointer[PhysicalAddressOffset..], (uint)EmptyTable);
        pointer[LengthOffset] = Paragraphs;
        pointer[SpecificationOffset] = Specification14;
        byte sum = 0;
        foreach (byte value in pointer)
        {
            sum += value;
        }

        // All sixteen bytes add up to zero.
        pointer[ChecksumOffset] = (byte)-sum;
        BootMemory.Write(memory, Address, pointer);
    }
}
