using System.Runtime.InteropServices;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Interop.Kvm.X64;
using MicroVm.Vmm.Kvm;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch.X64;

/// <summary>
/// The first vCPU's registers at the kernel's entry: long mode over identity-mapped 2 MiB pages
/// (Documentation/arch/x86/boot.rst, "64-bit Boot Protocol") or flat 32-bit protected mode (Xen's PVH).
/// </summary>
internal static class BootRegisters
{
    private const ulong Cr0ProtectedMode = 1 << 0;
    private const ulong Cr0ExtensionType = 1 << 4;
    private const ulong Cr0Paging = 1UL << 31;
    private const ulong Cr4PhysicalAddressExtension = 1 << 5;
    private const ulong EferLongModeEnable = 1 << 8;
    private const ulong EferLongModeActive = 1 << 10;
    private const ulong RflagsReserved = 1 << 1;
    private const ulong PagePresentWritable = 3;
    private const ulong PageLarge = 1 << 7;
    private const int TableEntries = 512;
    private const int LargePageShift = 21;

    private const uint MsrMiscEnable = 0x1a0;
    private const uint MsrMtrrDefaultType = 0x2ff;
    private const ulong MiscEnableFastStrings = 1;
    private const ulong MtrrEnabledWriteBack = (1 << 11) | 6;

    // __BOOT_CS and __BOOT_DS of the boot protocol are 0x10 and 0x18; the task segment follows them.
    private const ushort CodeSelector = 0x10;
    private const ushort DataSelector = 0x18;

    /// <summary>Prepares the descriptor table and page tables in guest memory, and the vCPU.</summary>
    internal static void Apply(KvmVcpu vcpu, GuestMemory memory, LoadedKernel kernel)
    {
        bool longMode = kernel.Protocol == BootProtocol.Linux64;
        WriteDescriptors(memory, longMode);
        KvmSregs system = vcpu.GetSystemRegisters();
        LoadSegments(ref system, longMode);
        system.Cr0 = Cr0ProtectedMode | Cr0ExtensionType;
        system.Cr4 = 0;
        if (longMode)
        {
            WritePageTables(memory);
            system.Cr0 |= Cr0Paging;
            system.Cr3 = AddressMap.PageMapLevel4;
            system.Cr4 = Cr4PhysicalAddressExtension;
            system.Efer = EferLongModeEnable | EferLongModeActive;
        }

        vcpu.SetSystemRegisters(system);
        vcpu.SetRegisters(new KvmRegs
        {
            Rip = kernel.Entry.Value,
            Rflags = RflagsReserved,
            Rsi = longMode ? AddressMap.ZeroPage : 0,
            Rbx = longMode ? 0 : AddressMap.PvhStartInfo,
            Rsp = AddressMap.BootStackTop,
            Rbp = AddressMap.BootStackTop,
        });
    }

    /// <summary>What firmware would have left in every processor's model-specific registers.</summary>
    internal static void ApplyMsrs(KvmVcpu vcpu) =>
        vcpu.SetMsrs(
        [
            new KvmMsrEntry { Index = MsrMiscEnable, Data = MiscEnableFastStrings },
            new KvmMsrEntry { Index = MsrMtrrDefaultType, Data = MtrrEnabledWriteBack },
        ]);

    private static void WriteDescriptors(GuestMemory memory, bool longMode)
    {
        ReadOnlySpan<ulong> table =
        [
            0,
            0,
            longMode ? 0x00af_9b00_0000_ffffUL : 0x00cf_9b00_0000_ffffUL,
            0x00cf_9300_0000_ffffUL,
            0x0000_8b00_0000_0067UL,
            0,
        ];
        BootMemory.Write(memory, AddressMap.GdtAddress, MemoryMarshal.AsBytes(table));
    }

    private static void LoadSegments(ref KvmSregs system, bool longMode)
    {
        KvmSegment flat = new() { Limit = 0xffff_ffff, Present = 1, S = 1, G = 1 };
        KvmSegment code = flat with { Selector = CodeSelector, Type = 0xb, L = longMode ? (byte)1 : (byte)0, Db = longMode ? (byte)0 : (byte)1 };
        KvmSegment data = flat with { Selector = DataSelector, Type = 3, Db = 1 };
        system.Cs = code;
        system.Ds = data;
        system.Es = data;
        system.Fs = data;
        system.Gs = data;
        system.Ss = data;
        system.Tr = new KvmSegment { Limit = 0x67, Selector = DataSelector + 8, Type = 0xb, Present = 1 };
        system.Gdt.Base = AddressMap.GdtAddress;
        system.Gdt.Limit = (6 * sizeof(ulong)) - 1;
        system.Idt.Base = 0;
        system.Idt.Limit = 0;
    }

    private static void WritePageTables(GuestMemory memory)
    {
        Span<ulong> directory = stackalloc ulong[TableEntries];
        for (int i = 0; i < TableEntries; i++)
        {
            directory[i] = ((ulong)i << LargePageShift) | PagePresentWritable | PageLarge;
        }

        ulong toPointers = AddressMap.PageDirectoryPointers | PagePresentWritable;
        ulong toDirectory = AddressMap.PageDirectory | PagePresentWritable;
        BootMemory.Write(memory, AddressMap.PageMapLevel4, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in toPointers)));
        BootMemory.Write(memory, AddressMap.PageDirectoryPointers, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in toDirectory)));
        BootMemory.Write(memory, AddressMap.PageDirectory, MemoryMarshal.AsBytes(directory));
    }
}
