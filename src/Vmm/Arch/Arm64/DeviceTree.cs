using System.Globalization;
using System.Text;
using MicroVm.Vmm.Devices.Legacy;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch.Arm64;

/// <summary>
/// The device tree of a machine, with the nodes that Linux' bindings (Documentation/devicetree/bindings) want: processors, memory,
/// interrupt controller, timer, PSCI, the devices of <see cref="AddressMap"/>, and what the boot loader would add.
/// </summary>
internal static class DeviceTree
{
    private const uint GicHandle = 1;
    private const uint ClockHandle = 2;
    private const uint GpioHandle = 3;

    // The three cells of an interrupt: 0 shared or 1 of each processor; number; 1 rising edge or 4 high level.
    private const uint Shared = 0;
    private const uint PerProcessor = 1;
    private const uint RisingEdge = 1;
    private const uint HighLevel = 4;

    /// <summary>GICv2: for which processors an interrupt of their own is, from bit 8.</summary>
    private const int ProcessorMaskShift = 8;

    // Secure, non-secure, virtual and hypervisor timer (bindings/timer/arm,arch_timer.yaml).
    private static readonly uint[] s_timers = [13, 14, 11, 10];

    private const uint SerialClock = 1_843_200;
    private const uint PeripheralClock = 24_000_000;
    private const uint KeyPower = 116;

    /// <summary>COMMAND_LINE_SIZE of arm64, less the NUL.</summary>
    private const int CommandLineLimit = 2047;

    /// <summary>Aff3 in bits 39 to 32, Aff2 to Aff0 in bits 23 to 0.</summary>
    private const ulong AffinityMask = 0xff_00ff_ffff;

    /// <param name="contents">What is booted.</param>
    /// <param name="gic">The interrupt controller.</param>
    /// <param name="affinities">MPIDR_EL1 of each processor.</param>
    /// <param name="entropy">As <see cref="BootEntropy"/> draws it.</param>
    /// <exception cref="VmmFaultException">The command line is longer than the kernel takes.</exception>
    internal static byte[] Build(BootContents contents, GicVersion gic, ReadOnlySpan<ulong> affinities, ReadOnlySpan<byte> entropy)
    {
        FdtWriter tree = new();
        tree.BeginNode("");
        tree.Cells("#address-cells", 2);
        tree.Cells("#size-cells", 2);
        tree.Cells("interrupt-parent", GicHandle);
        tree.Strings("compatible", "linux,dummy-virt");
        AddChosen(tree, contents, entropy);
        AddMemory(tree, contents.Memory);
        AddProcessors(tree, affinities);
        AddGic(tree, gic, affinities.Length);
        AddTimer(tree, gic, affinities.Length);
        AddPeripherals(tree);
        for (int i = 0; i < contents.VirtioCount; i++)
        {
            AddVirtioDevice(tree, i);
        }

        tree.EndNode();
        return tree.Build();
    }

    private static void AddChosen(FdtWriter tree, BootContents contents, ReadOnlySpan<byte> entropy)
    {
        int length = Encoding.UTF8.GetByteCount(contents.Arguments);
        if (length > CommandLineLimit)
        {
            throw new VmmFaultException(ExitCode.CommandLineTooLong, $"boot_args: the kernel takes {CommandLineLimit} bytes, found {length}");
        }

        tree.BeginNode("chosen");
        tree.Strings("bootargs", contents.Arguments);
        tree.Strings("stdout-path", "/" + Named("serial", AddressMap.Serial));
        tree.Property("rng-seed", entropy[..BootEntropy.SeedBytes]);
        tree.Property("kaslr-seed", entropy[BootEntropy.SeedBytes..]);
        if (contents.Payload.InitrdSize > 0)
        {
            ulong start = contents.Payload.InitrdAddress.Value;
            tree.Quads("linux,initrd-start", start);
            tree.Quads("linux,initrd-end", start + contents.Payload.InitrdSize);
        }

        tree.EndNode();
    }

    private static void AddMemory(FdtWriter tree, GuestMemory memory)
    {
        foreach (GuestRegion region in memory.Regions)
        {
            tree.BeginNode(Named("memory", region.Start.Value));
            tree.Strings("device_type", "memory");
            tree.Quads("reg", region.Start.Value, region.Size);
            tree.EndNode();
        }
    }

    private static void AddProcessors(FdtWriter tree, ReadOnlySpan<ulong> affinities)
    {
        tree.BeginNode("cpus");
        tree.Cells("#address-cells", 2);
        tree.Cells("#size-cells", 0);
        foreach (ulong register in affinities)
        {
            ulong affinity = register & AffinityMask;
            tree.BeginNode(Named("cpu", affinity));
            tree.Strings("device_type", "cpu");
            tree.Strings("compatible", "arm,armv8");
            tree.Strings("enable-method", "psci");
            tree.Quads("reg", affinity);
            tree.EndNode();
        }

        tree.EndNode();
        tree.BeginNode("psci");
        tree.Strings("compatible", "arm,psci-1.0", "arm,psci-0.2");
        tree.Strings("method", "hvc");
        tree.EndNode();
    }

    private static void AddGic(FdtWriter tree, GicVersion version, int processors)
    {
        tree.BeginNode(Named("interrupt-controller", AddressMap.GicDistributor));
        tree.Strings("compatible", version == GicVersion.V3 ? "arm,gic-v3" : "arm,cortex-a15-gic");
        tree.Flag("interrupt-controller");
        tree.Cells("#interrupt-cells", 3);
        tree.Cells("#address-cells", 0);
        tree.Cells("phandle", GicHandle);
        if (version == GicVersion.V3)
        {
            tree.Quads(
                "reg",
                AddressMap.GicDistributor,
                AddressMap.GicDistributorSize,
                AddressMap.GicRedistributors,
                (ulong)processors * AddressMap.GicRedistributorSize);
        }
        else
        {
            tree.Quads(
                "reg", AddressMap.GicDistributor, AddressMap.GicDistributorSize, AddressMap.GicCpuInterface, AddressMap.GicCpuInterfaceSize);
        }

        tree.EndNode();
    }

    private static void AddTimer(FdtWriter tree, GicVersion gic, int processors)
    {
        uint flags = HighLevel | (gic == GicVersion.V2 ? ((1u << processors) - 1) << ProcessorMaskShift : 0);
        Span<uint> interrupts = stackalloc uint[s_timers.Length * 3];
        for (int i = 0; i < s_timers.Length; i++)
        {
            interrupts[i * 3] = PerProcessor;
            interrupts[(i * 3) + 1] = s_timers[i];
            interrupts[(i * 3) + 2] = flags;
        }

        tree.BeginNode("timer");
        tree.Strings("compatible", "arm,armv8-timer");
        tree.Cells("interrupts", interrupts);
        tree.Flag("always-on");
        tree.EndNode();
    }

    private static void AddPeripherals(FdtWriter tree)
    {
        tree.BeginNode("apb-pclk");
        tree.Strings("compatible", "fixed-clock");
        tree.Cells("#clock-cells", 0);
        tree.Cells("clock-frequency", PeripheralClock);
        tree.Cells("phandle", ClockHandle);
        tree.EndNode();

        BeginPeripheral(tree, "serial", AddressMap.Serial, "ns16550a");
        tree.Cells("clock-frequency", SerialClock);
        tree.Cells("interrupts", Shared, AddressMap.SerialInterrupt, RisingEdge);
        tree.EndNode();

        // Without an interrupt: its alarm has nobody to wake.
        BeginPeripheral(tree, "rtc", AddressMap.Clock, "arm,pl031", "arm,primecell");
        AddPeripheralClock(tree);
        tree.EndNode();

        AddPowerButton(tree);

        tree.BeginNode(Named("pvpanic", AddressMap.Pvpanic));
        tree.Strings("compatible", "qemu,pvpanic-mmio");
        tree.Quads("reg", AddressMap.Pvpanic, AddressMap.PvpanicSize);
        tree.EndNode();
    }

    private static void AddPowerButton(FdtWriter tree)
    {
        BeginPeripheral(tree, "gpio", AddressMap.PowerButton, "arm,pl061", "arm,primecell");
        AddPeripheralClock(tree);
        tree.Cells("interrupts", Shared, AddressMap.PowerButtonInterrupt, RisingEdge);
        tree.Flag("gpio-controller");
        tree.Cells("#gpio-cells", 2);
        tree.Cells("phandle", GpioHandle);
        tree.EndNode();

        tree.BeginNode("gpio-keys");
        tree.Strings("compatible", "gpio-keys");
        tree.BeginNode("power");
        tree.Strings("label", "Power Button");
        tree.Cells("linux,code", KeyPower);
        tree.Cells("gpios", GpioHandle, Pl061PowerButton.Pin, 0);
        tree.EndNode();
        tree.EndNode();
    }

    private static void AddVirtioDevice(FdtWriter tree, int index)
    {
        BeginPeripheral(tree, "virtio_mmio", AddressMap.VirtioWindows + ((ulong)index * AddressMap.VirtioWindowSize), "virtio,mmio");
        tree.Cells("interrupts", Shared, AddressMap.FirstVirtioInterrupt + (uint)index, RisingEdge);
        tree.Flag("dma-coherent");
        tree.EndNode();
    }

    private static void BeginPeripheral(FdtWriter tree, string name, ulong address, params ReadOnlySpan<string> compatible)
    {
        tree.BeginNode(Named(name, address));
        tree.Strings("compatible", compatible);
        tree.Quads("reg", address, AddressMap.PeripheralSize);
    }

    private static void AddPeripheralClock(FdtWriter tree)
    {
        tree.Cells("clocks", ClockHandle);
        tree.Strings("clock-names", "apb_pclk");
    }

    private static string Named(string name, ulong address) => string.Create(CultureInfo.InvariantCulture, $"{name}@{address:x}");
}
