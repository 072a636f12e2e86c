using System.Text.Json.Nodes;
using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

public sealed class CpuTemplateTests
{
    private const uint MicrocodeRevision = 0x8b;

    /// <summary>The guest prints what CPUID leaf 1 has in eax and what the microcode register has in edx.</summary>
    [Fact]
    public async Task Template_OfLeafAndMsr_IsWhatTheGuestReads()
    {
        GuestProgram program = new GuestProgram()
            .Emit(0xb8).Imm32(1).Emit(0x31, 0xc9, 0x0f, 0xa2) // mov eax, 1; xor ecx, ecx; cpuid
            .LoadEdi(GuestProgram.ScratchAddress).Emit(0x89, 0x07) // mov [rdi], eax
            .LoadEcx(MicrocodeRevision).Emit(0x0f, 0x32) // rdmsr
            .LoadEdi(GuestProgram.ScratchAddress + 4).Emit(0x89, 0x17) // mov [rdi], edx
            .PrintMemory(GuestProgram.ScratchAddress, 8)
            .PowerOff();
        using VmFolder folder = new VmFolder().WithGuest(program);
        folder.Config["serial"] = new JsonObject { ["serial_out_path"] = folder["serial"] };
        folder.Config["cpu-config"] = JsonNode.Parse("""
            {
              "cpuid_modifiers": [
                {"leaf": "0x1", "subleaf": "0x0", "flags": 0, "modifiers": [{"register": "eax", "bitmap": "0b0000_0000_0000_0110_0000_0101_0100_0011"}]}
              ],
              "msr_modifiers": [{"addr": "0x8b", "bitmap": "0b00000000_00000000_00010010_00110100_xxxxxxxx_xxxxxxxx_xxxxxxxx_xxxxxxxx"}]
            }
            """);
        using RunningVmm vmm = folder.Start();

        Assert.Equal(0, await vmm.WaitForExitAsync("CPU template"));
        byte[] read = await File.ReadAllBytesAsync(folder["serial"]);
        Assert.Equal((0x0006_0543u, 0x1234u), (BitConverter.ToUInt32(read), BitConverter.ToUInt32(read, 4)));
    }

    [Theory]
    [InlineData("""{"cpuid_modifiers": [{"leaf": "0x7777", "subleaf": "0x1", "flags": 0, "modifiers": []}]}""", 3, "leaf 0x7777, subleaf 0x1")]
    [InlineData("""{"msr_modifiers": [{"addr": "0x8b", "bitmap": "0bx"}, {"addr": "0x7777", "bitmap": "0b1"}]}""", 3, "found 0x7777")]
    [InlineData("""{"kvm_capabilities": ["!136", "99999"]}""", 21, "capability 99999")]
    [InlineData("""{"msr_modifiers": [{"addr": "0x8b"}]}""", 3, "cpu-config.msr_modifiers[0].bitmap")]
    public async Task Template_OfWhatTheHostLacks_EndsWithOneLineAndItsCode(string template, int code, string named)
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().PowerOff());
        await File.WriteAllTextAsync(folder["template.json"], template);
        folder.Config["cpu-config"] = folder["template.json"];
        using RunningVmm vmm = folder.Start();

        Assert.Equal(code, await vmm.WaitForExitAsync("refusal"));
        Assert.Contains(named, Assert.Single(vmm.Error.Snapshot()));
    }
}
