using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Arch.X64.Acpi;

/// <summary>
/// The differentiated system description table: power-off state, serial port, keyboard, power button with the generic event device that
/// reports it, crash notice, and one virtio-mmio device per window.
/// </summary>
internal static class DsdtTable
{
    /// <summary>SLP_TYP of S5, which the guest writes to the sleep control register to power off.</summary>
    internal const byte SoftOffSleepType = AcpiPowerDevice.SoftOffSleepType;

    private const byte PowerButtonPressed = 0x80;

    internal static byte[] Build(int virtioDeviceCount)
    {
        AmlWriter aml = new();
        aml.NamePackage("_S5_", [SoftOffSleepType, SoftOffSleepType, 0, 0]);
        aml.BeginScope("\\_SB_");
        AddSerialPort(aml);
        AddKeyboard(aml);
        AddPowerButton(aml);
        AddCrashNotice(aml);
        for (int i = 0; i < virtioDeviceCount; i++)
        {
            AddVirtioDevice(aml, i);
        }

        aml.End();
        byte[] body = aml.ToArray();
        byte[] table = AcpiTable.Create("DSDT", 2, body.Length);
        body.CopyTo(table.AsSpan(AcpiTable.HeaderSize));
        return AcpiTable.Seal(table);
    }

    // In the hardware-reduced model no legacy interrupt exists by itself: without this entry ttyS0 would never get one.
    private static void AddSerialPort(AmlWriter aml)
    {
        aml.BeginDevice("COM1");
        aml.NameEisaId("_HID", "PNP0501");
        aml.NameInteger("_UID", 1);
        aml.NameResources(
            [
                .. ResourceDescriptor.Ports(AddressMap.SerialPort, (byte)AddressMap.SerialPortCount),
                .. ResourceDescriptor.EdgeInterrupt(AddressMap.SerialGsi),
            ]);
        aml.End();
    }

    private static void AddKeyboard(AmlWriter aml)
    {
        aml.BeginDevice("KBD_");
        aml.NameEisaId("_HID", "PNP0303");
        aml.NameResources(
            [
                .. ResourceDescriptor.Ports(AddressMap.KeyboardPort, 1),
                .. ResourceDescriptor.Ports(AddressMap.KeyboardPort + 4, 1),
                .. ResourceDescriptor.EdgeInterrupt(AddressMap.KeyboardGsi),
            ]);
        aml.End();
    }

    private static void AddPowerButton(AmlWriter aml)
    {
        aml.BeginDevice("PWRB");
        aml.NameEisaId("_HID", "PNP0C0C");
        aml.NameInteger("_UID", 0);
        aml.End();

        aml.BeginDevice("GED_");
        aml.NameString("_HID", "ACPI0013");
        aml.NameInteger("_UID", 0);
        aml.NameResources(ResourceDescriptor.EdgeInterrupt(AddressMap.PowerButtonGsi));
        aml.BeginMethod("_EVT", 1);
        aml.BeginIfArgument0Equals(AddressMap.PowerButtonGsi);
        aml.Notify("\\_SB_.PWRB", PowerButtonPressed);
        aml.End();
        aml.End();
        aml.End();
    }

    // The name and id of QEMU's device, which Linux' pvpanic-mmio module takes in spite of its own name.
    private static void AddCrashNotice(AmlWriter aml)
    {
        aml.BeginDevice("PEVT");
        aml.NameString("_HID", "QEMU0001");
        aml.NameResources(ResourceDescriptor.Ports(AddressMap.PvpanicPort, (byte)AddressMap.PvpanicPortCount));
        aml.End();
    }

    private static void AddVirtioDevice(AmlWriter aml, int index)
    {
        aml.BeginDevice($"VR{index:X2}");
        aml.NameString("_HID", "LNRO0005");
        aml.NameInteger("_UID", (uint)index);
        aml.NameInteger("_CCA", 1);
        aml.NameResources(
            [
                .. ResourceDescriptor.Memory32Fixed(
                    (uint)(AddressMap.VirtioWindows + ((ulong)index * AddressMap.VirtioWindowSize)), (uint)AddressMap.VirtioWindowSize),
                .. ResourceDescriptor.EdgeInterrupt(AddressMap.FirstVirtioGsi + (uint)index),
            ]);
        aml.End();
    }
}
