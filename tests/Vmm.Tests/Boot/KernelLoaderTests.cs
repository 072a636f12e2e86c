using MicroVm.Vmm.Arch.X64;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Tests.Boot;

public sealed class KernelLoaderTests : IDisposable
{
    private const int MemoryMib = 32;

    private readonly GuestMemory _memory = new(MemoryLayout.Regions(MemoryMib));

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void BzImage_WellFormed_LoadsCodeAtOneMebibyte()
    {
        byte[] code = Pattern(0x400);
        LoadedKernel kernel = Load(KernelImages.BzImage(code));

        byte[] loaded = new byte[code.Length];
        Assert.True(_memory.TryRead(new GuestAddress(0x10_0000), loaded));
        Assert.Equal(code, loaded);
        Assert.Equal(BootProtocol.Linux64, kernel.Protocol);
        Assert.Equal(0x10_0200UL, kernel.Entry.Value);
        Assert.Equal(0x110_0000UL, kernel.End);
        Assert.Equal(255u, kernel.CommandLineLimit);
        Assert.Equal(0x7fff_ffffUL, kernel.InitrdLimit);
        Assert.Equal(0x202 + 0x6a - 0x1f1, kernel.SetupHeader.Length);
    }

    [Theory]
    [InlineData(0x10)]
    [InlineData(0x205)]
    public void Load_TooShortForAnyHeader_IsNotAKernel(int length) => AssertRefused(KernelImages.BzImage(Pattern(0x400))[..length], ExitCode.NotAKernel);

    [Theory]
    [InlineData(0x206)]
    [InlineData(0x28f)]
    [InlineData(KernelImages.CodeOffset)]
    [InlineData(KernelImages.CodeOffset + 0x3ff)]
    public void BzImage_CutOff_IsTruncated(int length) =>
        AssertRefused(KernelImages.BzImage(Pattern(0x400))[..length], ExitCode.KernelTruncated);

    [Theory]
    [InlineData(0x206, 0x0b)]
    [InlineData(0x236, 0)]
    [InlineData(0x211, 0)]
    public void BzImage_WithoutUsableEntry_IsNotAKernel(int offset, byte value)
    {
        byte[] image = KernelImages.BzImage(Pattern(0x400));
        image[offset] = value;
        AssertRefused(image, ExitCode.NotAKernel);
    }

    [Theory]
    [InlineData(0x100_0000UL, 0x100_0001u)]
    [InlineData(0x200_0000UL, 0x1000u)]
    [InlineData(ulong.MaxValue, uint.MaxValue)]
    public void BzImage_NeedingMoreMemoryThanThereIs_IsTooLarge(ulong preferredAddress, uint initSize) =>
        AssertRefused(KernelImages.BzImage(Pattern(0x400), preferredAddress, initSize), ExitCode.KernelTooLarge);

    [Fact]
    public void BzImage_ClaimingFourGibibytesOfCode_IsTruncated()
    {
        byte[] image = KernelImages.BzImage(Pattern(0x400));
        image.AsSpan(0x1f4, 4).Fill(0xff);
        AssertRefused(image, ExitCode.KernelTruncated);
    }

    [Fact]
    public void Elf_WithoutNote_EntersInLongMode()
    {
        byte[] code = Pattern(100);
        LoadedKernel kernel = Load(KernelImages.Elf(code, 0x20_0000));

        byte[] loaded = new byte[code.Length];
        Assert.True(_memory.TryRead(new GuestAddress(0x20_0000), loaded));
        Assert.Equal(code, loaded);
        Assert.Equal(BootProtocol.Linux64, kernel.Protocol);
        Assert.Equal(0x20_0000UL, kernel.Entry.Value);
        Assert.Equal(0x20_0000UL + 100 + 4096, kernel.End);
    }

    [Fact]
    public void Elf_WithPvhNote_EntersThroughIt()
    {
        LoadedKernel kernel = Load(KernelImages.Elf(Pattern(100), 0x20_0000, 0x20_0010));

        Assert.Equal(BootProtocol.Pvh, kernel.Protocol);
        Assert.Equal(0x20_0010UL, kernel.Entry.Value);
    }

    [Theory]
    [InlineData(4, 1)] // class: 32 bits
    [InlineData(5, 2)] // data: big-endian
    [InlineData(16, 3)] // type: shared object
    [InlineData(18, 183)] // machine: aarch64
    [InlineData(54, 32)] // program header size
    [InlineData(56, 0)] // no program headers
    [InlineData(56, 65)] // more than anybody needs
    [InlineData(26, 0)] // entry below the first megabyte
    [InlineData(26, 0x21)] // entry behind the segment
    [InlineData(64 + 26, 0)] // segment below the first megabyte
    public void Elf_SpoiledField_IsRefused(int offset, byte value)
    {
        byte[] image = KernelImages.Elf(Pattern(100));
        image[offset] = value;
        VmmFaultException fault = Assert.Throws<VmmFaultException>(() => Load(image));
        Assert.True(fault.Code is ExitCode.NotAKernel or ExitCode.KernelTooLarge, fault.Message);
    }

    [Fact]
    public void Elf_SegmentLargerThanMemory_IsTooLarge()
    {
        byte[] image = KernelImages.Elf(Pattern(100));
        image.AsSpan(64 + 40, 8).Fill(0xff);
        AssertRefused(image, ExitCode.KernelTooLarge);
    }

    [Theory]
    [InlineData(64 + 8)] // segment offset
    [InlineData(64 + 32)] // segment size in the file
    [InlineData(32)] // program header offset
    public void Elf_ReachingBehindItsEnd_IsTruncated(int offset)
    {
        byte[] image = KernelImages.Elf(Pattern(100));
        image.AsSpan(offset, 8).Fill(0xff);
        AssertRefused(image, ExitCode.KernelTruncated);
    }

    [Fact]
    public void Elf_HeaderAlone_IsTruncated() => AssertRefused(KernelImages.Elf(Pattern(100))[..40], ExitCode.KernelTruncated);

    [Fact]
    public void Load_TextFile_IsNotAKernel() => AssertRefused("this is no kernel\n"u8.ToArray(), ExitCode.NotAKernel);

    [Fact]
    public void Load_MissingFile_NamesCallAndErrno()
    {
        VmmFaultException fault = Assert.Throws<VmmFaultException>(() => KernelLoader.Load("/nonexistent/kernel", _memory));
        Assert.Equal(ExitCode.FileFault, fault.Code);
        Assert.Contains("open /nonexistent/kernel", fault.Message);
        Assert.Contains("errno 2", fault.Message);
    }

    [Fact]
    public void Notes_WithLyingLengths_FindNothing()
    {
        byte[] notes = [4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 18, 0, 0, 0, (byte)'X', (byte)'e', (byte)'n', 0, 1, 2, 3, 4];
        Assert.False(ElfNotes.TryFindPvhEntry(notes, out _));
        notes[0] = 0xff;
        notes[3] = 0xff;
        Assert.False(ElfNotes.TryFindPvhEntry(notes, out _));
    }

    private LoadedKernel Load(byte[] image)
    {
        using TemporaryFile file = new(image);
        return KernelLoader.Load(file.Path, _memory);
    }

    private void AssertRefused(byte[] image, ExitCode code)
    {
        VmmFaultException fault = Assert.Throws<VmmFaultException>(() => Load(image));
        Assert.Equal(code, fault.Code);
        Assert.DoesNotContain('\n', fault.Message);
    }

    private static byte[] Pattern(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)((i * 7) + 1);
        }

        return bytes;
    }
}
