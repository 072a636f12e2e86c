using MicroVm.Vmm.Arch.Arm64;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Tests.Boot;

public sealed class ImageLoaderTests : IDisposable
{
    private const int MemoryMib = 32;

    private readonly GuestMemory _memory = new(new Arm64Platform().MemoryRegions(MemoryMib));

    public void Dispose() => _memory.Dispose();

    [Theory]
    [InlineData(0UL)]
    [InlineData(0x8_0000UL)]
    public void Image_WellFormed_LiesAtItsTextOffset(ulong textOffset)
    {
        byte[] image = KernelImages.Image([1, 2, 3, 4], textOffset, imageSize: 0x20_0000);

        LoadedKernel kernel = Load(image);

        byte[] loaded = new byte[image.Length];
        Assert.True(_memory.TryRead(new GuestAddress(0x8000_0000 + textOffset), loaded));
        Assert.Equal(image, loaded);
        Assert.Equal(BootProtocol.Arm64, kernel.Protocol);
        Assert.Equal(0x8000_0000 + textOffset, kernel.Entry.Value);
        Assert.Equal(0x8020_0000 + textOffset, kernel.End);
        Assert.Equal(0x8000_0000UL + ((MemoryMib - 2) << 20) - 1, kernel.InitrdLimit);
    }

    /// <summary>Before Linux 3.17 the header said neither where nor how large.</summary>
    [Fact]
    public void Image_WithoutSize_LiesWhereOldKernelsDid()
    {
        byte[] image = KernelImages.Image(new byte[100], textOffset: 0xdead, imageSize: 0);
        LoadedKernel kernel = Load(image);
        Assert.Equal(0x8008_0000UL, kernel.Entry.Value);
        Assert.Equal(0x8008_0000UL + 164, kernel.End);
    }

    [Theory]
    [InlineData(0UL, 30UL << 20, true)]
    [InlineData(0UL, (30UL << 20) + 1, false)]
    [InlineData(1UL << 20, 29UL << 20, true)]
    [InlineData(1UL << 20, (29UL << 20) + 1, false)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, false)]
    [InlineData(ulong.MaxValue, 2UL, false)]
    [InlineData(0UL, ulong.MaxValue, false)]
    public void Image_Size_MustFitBelowTheDeviceTree(ulong textOffset, ulong imageSize, bool fits)
    {
        byte[] image = KernelImages.Image([1], textOffset, imageSize);
        if (fits)
        {
            Assert.Equal(0x8000_0000 + textOffset, Load(image).Entry.Value);
        }
        else
        {
            AssertRefused(image, ExitCode.KernelTooLarge, "device tree");
        }
    }

    [Fact]
    public void Image_BigEndian_IsRefused() => AssertRefused(KernelImages.Image([1], flags: 1), ExitCode.NotAKernel, "big-endian");

    [Fact]
    public void Load_GzippedImage_SaysWhatToDo() => AssertRefused([0x1f, 0x8b, .. new byte[100]], ExitCode.NotAKernel, "gzip -dc");

    [Fact]
    public void Load_EfiZboot_SaysSo() => AssertRefused([.. "MZ\0\0zimg"u8, .. new byte[100]], ExitCode.NotAKernel, "CONFIG_EFI_ZBOOT");

    [Fact]
    public void Load_KernelOfX86_SaysSo()
    {
        AssertRefused(KernelImages.BzImage(new byte[0x400]), ExitCode.NotAKernel, "bzImage of x86");
        AssertRefused(KernelImages.Elf(new byte[100]), ExitCode.NotAKernel, "ELF");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    public void Load_CutOffHeader_IsNotAKernel(int length) => AssertRefused(KernelImages.Image([1])[..length], ExitCode.NotAKernel, $"{length} bytes");

    [Fact]
    public void X64Loader_Image_SaysThatItIsForArm()
    {
        using GuestMemory memory = new(Vmm.Arch.X64.MemoryLayout.Regions(MemoryMib));
        using TemporaryFile file = new(KernelImages.Image(new byte[1000]));
        VmmFaultException fault = Assert.Throws<VmmFaultException>(() => KernelLoader.Load(file.Path, memory));
        Assert.Equal(ExitCode.NotAKernel, fault.Code);
        Assert.Contains("arm64", fault.Message);
    }

    private LoadedKernel Load(byte[] image)
    {
        using TemporaryFile path = new(image);
        using BootFile file = new(path.Path);
        return ImageLoader.Load(file, _memory);
    }

    private void AssertRefused(byte[] image, ExitCode code, string reason)
    {
        VmmFaultException fault = Assert.Throws<VmmFaultException>(() => Load(image));
        Assert.Equal(code, fault.Code);
        Assert.Contains(reason, fault.Message);
    }
}
