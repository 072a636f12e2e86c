using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch.X64;

/// <summary>Linux's <c>struct boot_params</c> (Documentation/arch/x86/zero-page.rst), written for the 64-bit entry.</summary>
internal static class ZeroPage
{
    private const int PageSize = 4096;
    private const int AcpiRsdpAddress = 0x070;
    private const int E820Count = 0x1e8;
    private const int BootFlag = 0x1fe;
    private const int HeaderMagic = 0x202;
    private const int TypeOfLoader = 0x210;
    private const int RamdiskImage = 0x218;
    private const int RamdiskSize = 0x21c;
    private const int CommandLinePointer = 0x228;
    private const int KernelAlignment = 0x230;
    private const int CommandLineSize = 0x238;
    private const int E820Table = 0x2d0;

    /// <summary>A boot loader without a number of its own.</summary>
    private const byte UnregisteredLoader = 0xff;

    internal static void Write(GuestMemory memory, LoadedKernel kernel, BootPayload payload, ReadOnlySpan<E820Entry> map)
    {
        Span<byte> page = stackalloc byte[PageSize];
        page.Clear();
        if (kernel.SetupHeader.Length > 0)
        {
            kernel.SetupHeader.Span.CopyTo(page[BzImageHeader.SetupHeaderOffset..]);
        }
        else
        {
            // An ELF kernel brings no header; these are the fields that its 64-bit entry looks at.
            BinaryPrimitives.WriteUInt16LittleEndian(page[BootFlag..], BzImageHeader.BootFlagValue);
            BinaryPrimitives.WriteUInt32LittleEndian(page[HeaderMagic..], BzImageHeader.MagicValue);
            BinaryPrimitives.WriteUInt32LittleEndian(page[KernelAlignment..], 0x100_0000);
            BinaryPrimitives.WriteUInt32LittleEndian(page[CommandLineSize..], kernel.CommandLineLimit);
        }

        page[TypeOfLoader] = UnregisteredLoader;
        BinaryPrimitives.WriteUInt64LittleEndian(page[AcpiRsdpAddress..], AddressMap.AcpiTables);
        BinaryPrimitives.WriteUInt32LittleEndian(page[RamdiskImage..], (uint)payload.InitrdAddress.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(page[RamdiskSize..], (uint)payload.InitrdSize);
        BinaryPrimitives.WriteUInt32LittleEndian(page[CommandLinePointer..], (uint)AddressMap.CommandLine);
        page[E820Count] = (byte)map.Length;
        MemoryMarshal.AsBytes(map).CopyTo(page[E820Table..]);
        BootMemory.Write(memory, AddressMap.ZeroPage, page);
    }
}
