using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using MicroVm.Vmm.Arch.X64;
using MicroVm.Vmm.Arch.X64.Acpi;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Tests.Arch;

public sealed class AcpiTablesTests : IDisposable
{
    private readonly GuestMemory _memory = new(MemoryLayout.Regions(16));

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Write_RootPointer_LeadsToEveryTable()
    {
        AcpiTables.Write(_memory, vcpuCount: 2, virtioDeviceCount: 3);

        byte[] rsdp = Read(AddressMap.AcpiTables, RootPointer.Size);
        Assert.Equal("RSD PTR ", Encoding.ASCII.GetString(rsdp, 0, 8));
        Assert.Equal(0, Sum(rsdp.AsSpan(0, 20)));
        Assert.Equal(0, Sum(rsdp));
        byte[] xsdt = ReadTable(BinaryPrimitives.ReadUInt64LittleEndian(rsdp.AsSpan(24)), "XSDT");
        byte[] fadt = ReadTable(BinaryPrimitives.ReadUInt64LittleEndian(xsdt.AsSpan(36)), "FACP");
        byte[] madt = ReadTable(BinaryPrimitives.ReadUInt64LittleEndian(xsdt.AsSpan(44)), "APIC");
        byte[] dsdt = ReadTable(BinaryPrimitives.ReadUInt64LittleEndian(fadt.AsSpan(140)), "DSDT");
        Assert.Equal(36 + 16, xsdt.Length);
        Assert.Equal(44 + (2 * 8) + 12, madt.Length);
        Assert.True(dsdt.Length > 36);
    }

    [Fact]
    public void Write_MostDevices_StaysInsideItsPlace()
    {
        AcpiTables.Write(_memory, vcpuCount: 32, virtioDeviceCount: AddressMap.MaxVirtioDevices);
        byte[] beyond = Read(AddressMap.HighMemoryStart, 4096);
        Assert.All(beyond, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Fadt_Flags_SayHardwareReducedWithResetRegister()
    {
        byte[] fadt = FadtTable.Build(0xe_1000);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(fadt.AsSpan(112));
        Assert.NotEqual(0u, flags & (1 << 20));
        Assert.NotEqual(0u, flags & (1 << 10));
        Assert.Equal(276, fadt.Length);
        Assert.Equal(0, BinaryPrimitives.ReadUInt16LittleEndian(fadt.AsSpan(109)) & 2); // the i8042 is found through the DSDT alone
        Assert.Equal([1, 8, 0, 1, 2, 6], fadt.AsSpan(116, 6).ToArray()); // reset register: port 0x602
        Assert.Equal(1, fadt[128]);
        Assert.Equal([1, 8, 0, 1, 0, 6], fadt.AsSpan(244, 6).ToArray()); // sleep control: port 0x600
        Assert.Equal([1, 8, 0, 1, 1, 6], fadt.AsSpan(256, 6).ToArray()); // sleep status: port 0x601
    }

    [Fact]
    public void Madt_Flags_SayNoLegacyInterruptController()
    {
        byte[] madt = MadtTable.Build(1);
        Assert.Equal(0xfee0_0000u, BinaryPrimitives.ReadUInt32LittleEndian(madt.AsSpan(36)));
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(madt.AsSpan(40)));
    }

    /// <summary>ACPICA's disassembler reads the table independently of our writer; acpica-tools is installed by tests/run.sh.</summary>
    [Fact]
    public void Dsdt_Disassembled_DescribesEveryDevice()
    {
        string text = Disassemble(DsdtTable.Build(2));

        Assert.Contains("Name (_S5, Package (0x04)", text);
        Assert.Contains("EisaId (\"PNP0501\")", text);
        Assert.Contains("0x03F8,             // Range Minimum", text);
        Assert.Contains("EisaId (\"PNP0303\")", text);
        Assert.Contains("0x0064,             // Range Minimum", text);
        Assert.Contains("EisaId (\"PNP0C0C\")", text);
        Assert.Contains("Name (_HID, \"ACPI0013\"", text);
        Assert.Contains("Method (_EVT, 1, Serialized)", text);
        Assert.Contains("If ((Arg0 == 0x17))", text);
        Assert.Contains("Notify (\\_SB.PWRB, 0x80)", text);
        Assert.Contains("Name (_HID, \"QEMU0001\")", text);
        Assert.Contains("0x0505,             // Range Minimum", text);
        Assert.Contains("Device (VR00)", text);
        Assert.Contains("Device (VR01)", text);
        Assert.Equal(2, text.Split("Name (_HID, \"LNRO0005\")").Length - 1);
        Assert.Contains("0xD0001000,         // Address Base", text);
        Assert.Contains("Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive", text);
        Assert.Contains("0x00000006,", text);
    }

    private static string Disassemble(byte[] table)
    {
        string directory = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string path = Path.Combine(directory, "dsdt.aml");
            File.WriteAllBytes(path, table);
            using Process iasl = Process.Start(
                new ProcessStartInfo("iasl", ["-d", path]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            string output = iasl.StandardOutput.ReadToEnd() + iasl.StandardError.ReadToEnd();
            iasl.WaitForExit();
            Assert.True(iasl.ExitCode == 0, output);
            Assert.DoesNotContain("Error", output);
            return File.ReadAllText(Path.ChangeExtension(path, "dsl"));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private byte[] ReadTable(ulong address, string signature)
    {
        byte[] header = Read(address, 36);
        Assert.Equal(signature, Encoding.ASCII.GetString(header, 0, 4));
        byte[] table = Read(address, BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(4)));
        Assert.Equal(0, Sum(table));
        return table;
    }

    private byte[] Read(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        Assert.True(_memory.TryRead(new GuestAddress(address), bytes));
        return bytes;
    }

    private static byte Sum(ReadOnlySpan<byte> bytes)
    {
        int sum = 0;
        foreach (byte value in bytes)
        {
            sum += value;
        }

        return (byte)sum;
    }
}
