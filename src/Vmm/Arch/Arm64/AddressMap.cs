namespace MicroVm.Vmm.Arch.Arm64;

/// <summary>
/// Where everything is in the guest's physical address space and among its interrupts.
/// <code>
/// address                    bytes         what                                  shared interrupt
/// 0x0800_0000                64 Ki         GIC distributor (in the kernel)
/// 0x0801_0000                 8 Ki         GICv2: processor interface (in the kernel)
/// 0x080a_0000                 4 Mi         GICv3: redistributors, 128 Ki for each of 32 processors (in the kernel)
/// 0x0900_0000                 4 Ki         16550A serial, a byte per register    0
/// 0x0901_0000                 4 Ki         PL031 clock
/// 0x0903_0000                 4 Ki         PL061 with the power button           1
/// 0x0904_0000                 4 Ki         pvpanic, its first byte
/// 0x0a00_0000           29 x 4 Ki          virtio-mmio windows                   3 to 31, in order
/// 0x4000_0000                 4 Ki         boot timer, with --boot-timer: its first byte
/// 0x8000_0000                              RAM: kernel at its text offset; in the last 2 MiB below 3 GiB of RAM or its
///                                          end the device tree, and the initrd right below that
/// </code>
/// </summary>
internal static class AddressMap
{
    internal const ulong GicDistributor = 0x0800_0000;
    internal const ulong GicDistributorSize = 0x1_0000;
    internal const ulong GicCpuInterface = 0x0801_0000;
    internal const ulong GicCpuInterfaceSize = 0x2000;
    internal const ulong GicRedistributors = 0x080a_0000;
    internal const ulong GicRedistributorSize = 0x2_0000;

    internal const ulong Serial = 0x0900_0000;
    internal const ulong Clock = 0x0901_0000;
    internal const ulong PowerButton = 0x0903_0000;
    internal const ulong Pvpanic = 0x0904_0000;
    internal const ulong PvpanicSize = 1;
    internal const ulong PeripheralSize = 0x1000;
    internal const ulong VirtioWindows = 0x0a00_0000;
    internal const ulong VirtioWindowSize = 0x1000;
    internal const ulong BootTimer = 0x4000_0000;

    internal const ulong Ram = 0x8000_0000;

    /// <summary>
    /// How much RAM may hold what the kernel is given: it, initrd and device tree lie together, well inside the window of 32 GiB that
    /// Documentation/arch/arm64/booting.rst asks for.
    /// </summary>
    internal const ulong BootRamLimit = 3UL << 30;

    /// <summary>Documentation/arch/arm64/booting.rst: at most 2 MiB that do not cross a boundary of 2 MiB.</summary>
    internal const ulong DeviceTreeCapacity = 2 << 20;

    internal const uint SerialInterrupt = 0;
    internal const uint PowerButtonInterrupt = 1;
    internal const uint FirstVirtioInterrupt = 3;

    /// <summary>Interrupts of the GIC: 32 that each processor has for itself, and as many shared ones.</summary>
    internal const uint InterruptCount = 64;

    /// <summary>How many virtio-mmio devices have an interrupt of their own.</summary>
    internal const int MaxVirtioDevices = (int)(InterruptCount - 32 - FirstVirtioInterrupt);

    /// <summary>Where the device tree of a guest with this much RAM lies.</summary>
    internal static ulong DeviceTree(ulong ramBytes) =>
        Ram + (Math.Min(ramBytes, BootRamLimit) & ~(DeviceTreeCapacity - 1)) - DeviceTreeCapacity;
}
