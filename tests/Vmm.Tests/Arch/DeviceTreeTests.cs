using System.Diagnostics;
using MicroVm.Vmm.Arch;
using MicroVm.Vmm.Arch.Arm64;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Tests.Arch;

/// <summary>The device tree as dtc reads it, which knows nothing of our writer and checks the bindings that it knows; device-tree-compiler is installed by tests/run.sh.</summary>
public sealed class DeviceTreeTests : IDisposable
{
    private readonly GuestMemory _memory = new(new Arm64Platform().MemoryRegions(64));

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Build_GicV3_IsWhatDtcUnderstands()
    {
        string text = Decompile(Build(GicVersion.V3, processors: 2, virtioCount: 2));

        AssertHas(text, "bootargs = \"console=ttyS0 quiet\";");
        AssertHas(text, "stdout-path = \"/serial@9000000\";");
        AssertHas(text, "linux,initrd-start = <0x00 0x83000000>;");
        AssertHas(text, "linux,initrd-end = <0x00 0x83001234>;");
        AssertHas(text, "memory@80000000 { device_type = \"memory\"; reg = <0x00 0x80000000 0x00 0x4000000>; };");
        AssertHas(text, "cpu@0 { device_type = \"cpu\"; compatible = \"arm,armv8\"; enable-method = \"psci\"; reg = <0x00 0x00>; };");
        AssertHas(text, "cpu@1 { device_type = \"cpu\"; compatible = \"arm,armv8\"; enable-method = \"psci\"; reg = <0x00 0x01>; };");
        AssertHas(text, "method = \"hvc\";");
        AssertHas(text, "compatible = \"arm,gic-v3\";");
        AssertHas(text, "reg = <0x00 0x8000000 0x00 0x10000 0x00 0x80a0000 0x00 0x40000>;");
        AssertHas(text, "interrupts = <0x01 0x0d 0x04 0x01 0x0e 0x04 0x01 0x0b 0x04 0x01 0x0a 0x04>;");
        AssertHas(text, "compatible = \"ns16550a\"; reg = <0x00 0x9000000 0x00 0x1000>;");
        AssertHas(text, "compatible = \"arm,pl031\\0arm,primecell\";");
        AssertHas(text, "compatible = \"arm,pl061\\0arm,primecell\";");
        AssertHas(text, "linux,code = <0x74>; gpios = <0x03 0x03 0x00>;");
        AssertHas(text, "virtio_mmio@a001000 { compatible = \"virtio,mmio\"; reg = <0x00 0xa001000 0x00 0x1000>; interrupts = <0x00 0x04 0x01>; dma-coherent; };");
        Assert.DoesNotContain("virtio_mmio@a002000", text);
    }

    [Fact]
    public void Build_GicV2_NamesItsProcessorInterfaceAndMasks()
    {
        string text = Decompile(Build(GicVersion.V2, processors: 4, virtioCount: 0));

        AssertHas(text, "compatible = \"arm,cortex-a15-gic\";");
        AssertHas(text, "reg = <0x00 0x8000000 0x00 0x10000 0x00 0x8010000 0x00 0x2000>;");
        AssertHas(text, "interrupts = <0x01 0x0d 0xf04 0x01 0x0e 0xf04 0x01 0x0b 0xf04 0x01 0x0a 0xf04>;");
    }

    [Fact]
    public void Build_Seeds_AreTheEntropy()
    {
        string text = Decompile(Build(GicVersion.V3, 1, 0));

        AssertHas(text, "rng-seed = <0x10203 0x4050607");
        AssertHas(text, "kaslr-seed = <0x40414243 0x44454647>;");
    }

    [Fact]
    public void Build_LargestMachine_FitsIntoItsPlace()
    {
        byte[] tree = Build(GicVersion.V3, 32, AddressMap.MaxVirtioDevices, new string('x', 2047));
        Assert.InRange(tree.Length, 1000, (int)AddressMap.DeviceTreeCapacity);
        AssertHas(Decompile(tree), "cpu@10f");
    }

    [Fact]
    public void Build_CommandLineOverTheKernelsLimit_IsRefused()
    {
        VmmFaultException fault = Assert.Throws<VmmFaultException>(() => Build(GicVersion.V3, 1, 0, new string('x', 2048)));
        Assert.Equal(ExitCode.CommandLineTooLong, fault.Code);
        Assert.Contains("2047", fault.Message);
    }

    [Theory]
    [InlineData(4, 0x8020_0000UL)]
    [InlineData(5, 0x8020_0000UL)]
    [InlineData(128, 0x87e0_0000UL)]
    [InlineData(3072, 0x1_3fe0_0000UL)]
    [InlineData(16384, 0x1_3fe0_0000UL)]
    public void AddressMap_DeviceTree_IsInTheLastAlignedPlace(int sizeMib, ulong expected)
    {
        ulong address = AddressMap.DeviceTree((ulong)sizeMib << 20);
        Assert.Equal(expected, address);
        Assert.True(address + AddressMap.DeviceTreeCapacity <= AddressMap.Ram + ((ulong)sizeMib << 20));
    }

    private byte[] Build(GicVersion gic, int processors, int virtioCount, string arguments = "console=ttyS0 quiet")
    {
        LoadedKernel kernel = new()
        {
            Protocol = BootProtocol.Arm64, Entry = new GuestAddress(AddressMap.Ram), End = AddressMap.Ram, InitrdLimit = ulong.MaxValue,
        };
        BootContents contents = new(
            _memory, new MachineConfig(), kernel, new BootPayload(new GuestAddress(0x8300_0000), 0x1234), arguments, virtioCount);

        // As KVM numbers them: sixteen to a cluster, and a bit that is always set.
        ulong[] affinities = [.. Enumerable.Range(0, processors).Select(static i => 0x8000_0000UL | (uint)(i & 15) | ((uint)(i >> 4) << 8))];
        byte[] entropy = [.. Enumerable.Range(0, BootEntropy.SeedBytes + BootEntropy.PlacementBytes).Select(static i => (byte)i)];
        return DeviceTree.Build(contents, gic, affinities, entropy);
    }

    private static void AssertHas(string text, string expected) => Assert.Contains(expected, text, StringComparison.Ordinal);

    private static string Decompile(byte[] tree)
    {
        ProcessStartInfo start = new("dtc", ["-I", "dtb", "-O", "dts"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using Process dtc = Process.Start(start)!;
        dtc.StandardInput.BaseStream.Write(tree);
        dtc.StandardInput.Close();
        Task<string> complaints = dtc.StandardError.ReadToEndAsync();
        string text = dtc.StandardOutput.ReadToEnd();
        dtc.WaitForExit();
        Assert.Equal("", complaints.Result);
        Assert.Equal(0, dtc.ExitCode);
        return string.Join(' ', text.Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries));
    }
}
