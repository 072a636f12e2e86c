using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Arch.X64;

/// <summary>
/// Where everything is in the guest's physical address space and among its ports and interrupts.
/// <code>
/// address                    bytes       what
/// 0x0000_0500                   48       GDT for the 64-bit and PVH entries
/// 0x0000_6000                 4 Ki       PVH start info, module list, memory map
/// 0x0000_7000                 4 Ki       zero page (boot_params)
/// 0x0000_8000                 4 Ki       first stack, growing down from 0x8ff0
/// 0x0000_9000                12 Ki       page tables: PML4, PDPT, one PD that maps the first GiB
/// 0x0002_0000                64 Ki       kernel command line
/// 0x0009_fc00                 1 Ki       end of low RAM; an MP floating pointer that spares the guest a search
/// 0x000e_0000               128 Ki       ACPI tables, RSDP first (where firmware would have it)
/// 0x000f_fff0                   16       reset vector: code that resets the machine
/// 0x0010_0000                            kernel; initrd as high as allowed below the gap
/// 0xc000_0000                 1 Gi       gap: no RAM from here to 4 GiB
///   0xc000_0000               4 Ki       boot timer, with --boot-timer: its first byte
///   0xd000_0000              18 x 4 Ki   virtio-mmio windows
///   0xfec0_0000               4 Ki       IOAPIC
///   0xfee0_0000               4 Ki       local APIC (in the kernel)
///   0xfffb_c000               4 Ki       KVM's identity-map page
///   0xfffb_d000              12 Ki       KVM's TSS
/// 0x1_0000_0000                          the rest of RAM
///
/// ports 0x60, 0x64           i8042, keyboard, reset   GSI 1        keyboard
/// ports 0x3f8 to 0x3ff       16550A serial            GSI 4        serial
/// port 0x505                 pvpanic                  GSI 5 to 22  virtio-mmio devices in order
/// ports 0x600 to 0x602       ACPI sleep and reset     GSI 23       ACPI generic event device (power button)
/// </code>
/// </summary>
internal static class AddressMap
{
    internal const ulong GdtAddress = 0x500;
    internal const ulong PvhStartInfo = 0x6000;
    internal const ulong ZeroPage = 0x7000;
    internal const ulong BootStackTop = 0x8ff0;
    internal const ulong PageMapLevel4 = 0x9000;
    internal const ulong PageDirectoryPointers = 0xa000;
    internal const ulong PageDirectory = 0xb000;
    internal const ulong CommandLine = 0x2_0000;
    internal const ulong CommandLineCapacity = 0x1_0000;
    internal const ulong LowRamEnd = 0x9_fc00;
    internal const ulong AcpiTables = 0xe_0000;
    internal const ulong AcpiTablesCapacity = 0x2_0000;
    internal const ulong HighMemoryStart = 0x10_0000;

    internal const ulong GapStart = 0xc000_0000;
    internal const ulong BootTimer = GapStart;
    internal const ulong VirtioWindows = 0xd000_0000;
    internal const ulong VirtioWindowSize = 0x1000;
    internal const ulong IoApic = 0xfec0_0000;
    internal const ulong IoApicSize = 0x1000;
    internal const ulong LocalApic = 0xfee0_0000;
    internal const ulong KvmIdentityMap = 0xfffb_c000;
    internal const ulong KvmTss = 0xfffb_d000;
    internal const ulong GapEnd = 0x1_0000_0000;

    internal const ushort KeyboardPort = 0x60;
    internal const ushort KeyboardPortCount = 5;
    internal const ushort SerialPort = 0x3f8;
    internal const ushort SerialPortCount = (ushort)Serial16550.RegisterCount;
    internal const ushort PvpanicPort = 0x505;
    internal const ushort PvpanicPortCount = 1;
    internal const ushort AcpiPowerPort = 0x600;
    internal const ushort AcpiPowerPortCount = 3;

    internal const uint KeyboardGsi = 1;
    internal const uint SerialGsi = 4;
    internal const uint FirstVirtioGsi = 5;
    internal const uint PowerButtonGsi = 23;

    /// <summary>How many virtio-mmio devices have a GSI of their own.</summary>
    internal const int MaxVirtioDevices = (int)(PowerButtonGsi - FirstVirtioGsi);
}
