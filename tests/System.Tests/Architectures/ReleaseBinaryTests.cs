using MicroVm.TestKit;

namespace MicroVm.SystemTests.Architectures;

/// <summary>What one build command puts into the release for each architecture.</summary>
public sealed class ReleaseBinaryTests
{
    [Theory]
    [InlineData("x86_64", ElfFile.MachineX64)]
    [InlineData("aarch64", ElfFile.MachineArm64)]
    public void Binaries_OfAnArchitecture_AreForIt_VmmAndInitNeedNoLoader(string architecture, int machine)
    {
        foreach (string name in (IEnumerable<string>)["microvm-vmm", "microvm-init", "microvm-agent", "mvm", "libe_sqlite3.so"])
        {
            ElfFile elf = ElfFile.Read(Artifacts.Of(architecture, name));

            Assert.True(elf.Machine == machine, $"{architecture}/{name}: expected machine {machine}, found {elf.Machine}");
            Assert.Equal(name is "microvm-agent" or "mvm", elf.HasInterpreter);
        }
    }

    [Fact]
    public void GuestKernel_OfAarch64_IsAFlatImage()
    {
        using FileStream kernel = File.OpenRead(Artifacts.Of("aarch64", "guest/vmlinuz"));
        byte[] header = new byte[64];
        kernel.ReadExactly(header);

        Assert.Equal("ARM\x64"u8, header.AsSpan(56, 4));
    }
}
