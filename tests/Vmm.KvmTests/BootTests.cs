using System.Text.Json.Nodes;
using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

public sealed class BootTests
{
    [Fact]
    public async Task BzImage_64BitEntry_FindsZeroPageAndCommandLine()
    {
        // The header's magic out of the zero page in rsi, then five bytes of the command line that it points to.
        GuestProgram program = new GuestProgram()
            .Emit(0x48, 0x89, 0xf3) // mov rbx, rsi
            .Emit(0x48, 0x81, 0xc6).Imm32(0x202) // add rsi, 0x202
            .LoadDx(0x3f8).LoadEcx(4).Emit(0xf3, 0x6e) // rep outsb
            .Emit(0x8b, 0xb3).Imm32(0x228) // mov esi, [rbx + 0x228]
            .LoadEcx(6).Emit(0xf3, 0x6e)
            .PowerOff();
        using VmFolder folder = new VmFolder().WithKernel(KernelFile.BzImage(program.Image()));
        folder.Config["boot-source"]!["boot_args"] = "quiet\n";
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("bzImage"));
        Assert.Equal(["HdrSquiet"], vmm.Output.Snapshot());
    }

    [Fact]
    public async Task Elf_PvhEntry_FindsStartInfoInProtectedMode()
    {
        // In 32-bit code: compare the magic that ebx points to; a mismatch runs into ud2, a triple fault, and prints nothing.
        GuestProgram program = new GuestProgram()
            .Emit(0x81, 0x3b).Imm32(0x336e_c578) // cmp dword [ebx], magic
            .Emit(0x74, 0x02, 0x0f, 0x0b) // je over ud2
            .Print("pvh\n")
            .PowerOff();
        using VmFolder folder = new VmFolder().WithKernel(KernelFile.Elf(program.Image(), GuestProgram.CodeAddress));
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("PVH"));
        Assert.Equal(["pvh"], vmm.Output.Snapshot());
    }

    [Fact]
    public async Task TrackDirtyPages_GuestThatWrites_RunsToItsEnd()
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Print("up\n").PowerOff());
        folder.Config["machine-config"]!["track_dirty_pages"] = true;
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("dirty log"));
        Assert.Equal(["up"], vmm.Output.Snapshot());
    }

    [Theory]
    [InlineData(64)]
    [InlineData(3072)]
    [InlineData(4096)]
    public async Task Initrd_AnyMemorySize_LiesWhereTheZeroPageSays(int sizeMib)
    {
        // The guest reports ramdisk_image and ramdisk_size as they are in its zero page.
        GuestProgram program = new GuestProgram()
            .Emit(0x48, 0x81, 0xc6).Imm32(0x218) // add rsi, 0x218
            .LoadDx(0x3f8).LoadEcx(8).Emit(0xf3, 0x6e)
            .PowerOff();
        using VmFolder folder = new VmFolder().WithGuest(program);
        byte[] initrd = new byte[5000];
        await File.WriteAllBytesAsync(folder["initrd"], initrd);
        folder.Config["machine-config"]!["mem_size_mib"] = sizeMib;
        folder.Config["boot-source"]!["initrd_path"] = folder["initrd"];
        folder.Config["serial"] = new JsonObject { ["serial_out_path"] = folder["serial.log"] };
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("initrd"));
        byte[] reported = await File.ReadAllBytesAsync(folder["serial.log"]);
        ulong end = Math.Min((ulong)sizeMib << 20, 0xc000_0000);
        Assert.Equal(end - 8192, BitConverter.ToUInt32(reported));
        Assert.Equal(5000u, BitConverter.ToUInt32(reported, 4));
    }

    [Fact]
    public async Task Kernel_TextFile_EndsWithOneLineAndItsCode() =>
        await AssertRefusedAsync(folder => File.WriteAllText(folder["kernel"], "no kernel\n"), 10, "expected a bzImage or an ELF kernel");

    [Fact]
    public async Task Kernel_TruncatedBzImage_EndsWithOneLineAndItsCode() =>
        await AssertRefusedAsync(folder => folder.WithKernel(KernelFile.BzImage(new byte[4096])[..4096]), 11, "promises");

    [Fact]
    public async Task Kernel_TruncatedElf_EndsWithOneLineAndItsCode() =>
        await AssertRefusedAsync(folder => folder.WithKernel(KernelFile.Elf(new byte[4096])[..5000]), 11, "ELF segment");

    [Fact]
    public async Task Kernel_LargerThanMemory_EndsWithOneLineAndItsCode() =>
        await AssertRefusedAsync(folder => folder.Config["machine-config"]!["mem_size_mib"] = 2, 12, "guest memory ends at");

    [Fact]
    public async Task Initrd_LargerThanMemory_EndsWithOneLineAndItsCode() =>
        await AssertRefusedAsync(
            folder =>
            {
                File.WriteAllBytes(folder["initrd"], new byte[33 << 20]);
                folder.Config["boot-source"]!["initrd_path"] = folder["initrd"];
            },
            13,
            "does not fit into guest memory");

    [Fact]
    public async Task CommandLine_TooLong_EndsWithOneLineAndItsCode() =>
        await AssertRefusedAsync(folder => folder.Config["boot-source"]!["boot_args"] = new string('x', 2048), 14, "takes 2047 bytes, found 2048");

    [Fact]
    public async Task Kernel_Missing_NamesCallAndErrno() =>
        await AssertRefusedAsync(folder => File.Delete(folder["kernel"]), 15, "open ", "errno 2");

    [Fact]
    public async Task Memory_OfMoreHugePagesThanTheHostHas_SaysSo() =>
        await AssertRefusedAsync(
            folder =>
            {
                folder.Config["machine-config"]!["huge_pages"] = "2M";
                folder.Config["machine-config"]!["mem_size_mib"] = 1 << 20;
            },
            24,
            "huge_pages 2M: expected 524288 free pages");

    [Fact]
    public async Task Memory_OfTransparentHugePages_BootsTheSame()
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Print("up\n").PowerOff());
        folder.Config["machine-config"]!["huge_pages"] = "Transparent";
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("huge pages"));
        Assert.Equal(["up"], vmm.Output.Snapshot());
    }

    [Fact]
    public async Task Config_UnknownField_EndsWithOneLineAndItsCode() =>
        await AssertRefusedAsync(folder => folder.Config["bogus"] = 1, 3, "bogus");

    [Fact]
    public async Task Arguments_UnknownFlag_EndsWithOneLineAndItsCode()
    {
        using RunningVmm vmm = RunningVmm.Start("--bogus");
        Assert.Equal(2, await vmm.WaitForExitAsync("arguments"));
        Assert.Contains("--bogus", Assert.Single(vmm.Error.Snapshot()));
    }

    [Fact]
    public async Task Vcpu_InstructionKvmCannotEmulate_IsAHostFaultWithItsSubError()
    {
        // lock cmpxchg16b on device memory needs the emulator, which knows no 16-byte operand.
        GuestProgram program = new GuestProgram().MapDeviceMemory(0xd010_0000).LoadEdi(0xd010_0000).Emit(0xf0, 0x48, 0x0f, 0xc7, 0x0f).Stop();
        using VmFolder folder = new VmFolder().WithGuest(program);
        using RunningVmm vmm = folder.Start();

        int code = await vmm.WaitForExitAsync("emulation");
        Assert.Equal(30, code);
        Assert.Contains("KVM_EXIT_INTERNAL_ERROR, sub-error 1", vmm.Error.Snapshot()[^1]);
    }

    private static async Task AssertRefusedAsync(Action<VmFolder> spoil, int code, params string[] named)
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().PowerOff());
        spoil(folder);
        using RunningVmm vmm = folder.Start();

        Assert.Equal(code, await vmm.WaitForExitAsync("refusal"));
        string line = Assert.Single(vmm.Error.Snapshot());
        Assert.All(named, part => Assert.Contains(part, line));
        Assert.Empty(vmm.Output.Snapshot());
    }
}
