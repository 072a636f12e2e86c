using System.Buffers.Binary;
using System.Text;
using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Arch.X64.Acpi;

/// <summary>The fixed ACPI description table of a hardware-reduced machine (ACPI 6.5, section 5.2.9).</summary>
internal static class FadtTable
{
    private const int Size = 276;
    private const byte Revision = 6;
    private const int BootArchitecture = 109;
    private const int Flags = 112;
    private const int ResetRegister = 116;
    private const int ResetValue = 128;
    private const int MinorVersion = 131;
    private const int ExtendedDsdt = 140;
    private const int SleepControlRegister = 244;
    private const int SleepStatusRegister = 256;
    private const int HypervisorVendor = 268;

    private const ushort NoVga = 1 << 2;
    private const ushort NoCmosClock = 1 << 5;

    // The power and sleep buttons are control-method devices, or absent, but never fixed hardware.
    private const uint NoFixedPowerButton = 1 << 4;
    private const uint NoFixedSleepButton = 1 << 5;
    private const uint ResetRegisterSupported = 1 << 10;
    private const uint HardwareReduced = 1 << 20;

    internal static byte[] Build(ulong dsdtAddress)
    {
        byte[] table = AcpiTable.Create("FACP", Revision, Size - AcpiTable.HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(BootArchitecture), NoVga | NoCmosClock);
        BinaryPrimitives.WriteUInt32LittleEndian(
            table.AsSpan(Flags), NoFixedPowerButton | NoFixedSleepButton | ResetRegisterSupported | HardwareReduced);
        WritePort(table.AsSpan(ResetRegister), AcpiPowerDevice.ResetOffset);
        table[ResetValue] = AcpiPowerDevice.ResetValue;
        table[MinorVersion] = 5;
        BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(ExtendedDsdt), dsdtAddress);
        WritePort(table.AsSpan(SleepControlRegister), AcpiPowerDevice.SleepControlOffset);
        WritePort(table.AsSpan(SleepStatusRegister), AcpiPowerDevice.SleepStatusOffset);
        Encoding.ASCII.GetBytes("MICROVM", table.AsSpan(HypervisorVendor));
        return AcpiTable.Seal(table);
    }

    // A generic address structure: system I/O, eight bits wide, byte access.
    private static void WritePort(Span<byte> structure, ulong offset)
    {
        structure[0] = 1;
        structure[1] = 8;
        structure[3] = 1;
        BinaryPrimitives.WriteUInt64LittleEndian(structure[4..], AddressMap.AcpiPowerPort + offset);
    }
}
