using MicroVm.Vmm.Arch.X64;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Tests.Boot;

public sealed class InitrdLoaderTests : IDisposable
{
    private const int MemoryMib = 16;
    private const ulong MemoryEnd = MemoryMib << 20;

    private readonly GuestMemory _memory = new(MemoryLayout.Regions(MemoryMib));

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Load_SmallFile_LiesPageAlignedAtTheEndOfMemory()
    {
        byte[] content = [1, 2, 3, 4, 5];
        using TemporaryFile file = new(content);
        BootPayload payload = InitrdLoader.Load(file.Path, Kernel(0x20_0000, 0x7fff_ffff), _memory);

        Assert.Equal(MemoryEnd - 4096, payload.InitrdAddress.Value);
        Assert.Equal(5UL, payload.InitrdSize);
        byte[] loaded = new byte[5];
        Assert.True(_memory.TryRead(payload.InitrdAddress, loaded));
        Assert.Equal(content, loaded);
    }

    [Fact]
    public void Load_LargeFile_ArrivesWholeAndTouchesNothingElse()
    {
        const int size = (3 << 20) + 4097;
        byte[] content = new byte[size];
        new Random(size).NextBytes(content);
        using TemporaryFile file = new(content);
        byte[] before = [0xa5];
        ulong start = (MemoryEnd - (ulong)size) & ~4095UL;
        Assert.True(_memory.TryWrite(new GuestAddress(start - 1), before));
        BootPayload payload = InitrdLoader.Load(file.Path, Kernel(0x20_0000, 0x7fff_ffff), _memory);

        Assert.Equal(start, payload.InitrdAddress.Value);
        byte[] loaded = new byte[size + 1];
        Assert.True(_memory.TryRead(new GuestAddress(start - 1), loaded));
        Assert.Equal([.. before, .. content], loaded);
        byte[] behind = new byte[MemoryEnd - start - (ulong)size];
        Assert.True(_memory.TryRead(new GuestAddress(start + (ulong)size), behind));
        Assert.All(behind, b => Assert.Equal(0, b));
    }

    [Fact]
    public void Load_KernelWithLowLimit_StaysBelowIt()
    {
        using TemporaryFile file = new(new byte[4096]);
        BootPayload payload = InitrdLoader.Load(file.Path, Kernel(0x20_0000, 0x7f_ffff), _memory);
        Assert.Equal(0x7f_f000UL, payload.InitrdAddress.Value);
    }

    [Theory]
    [InlineData(4096, MemoryEnd - 4095)]
    [InlineData(4097, MemoryEnd - 4096)]
    [InlineData((int)MemoryEnd + 1, 0x20_0000UL)]
    public void Load_NoRoomAboveKernel_IsTooLarge(int size, ulong kernelEnd)
    {
        using TemporaryFile file = new(new byte[size]);
        VmmFaultException fault = Assert.Throws<VmmFaultException>(
            () => InitrdLoader.Load(file.Path, Kernel(kernelEnd, 0x7fff_ffff), _memory));
        Assert.Equal(ExitCode.InitrdTooLarge, fault.Code);
        Assert.Contains($"{size} bytes", fault.Message);
    }

    [Fact]
    public void Load_EmptyFile_IsNoInitrd()
    {
        using TemporaryFile file = new([]);
        Assert.Equal(0UL, InitrdLoader.Load(file.Path, Kernel(0x20_0000, 0x7fff_ffff), _memory).InitrdSize);
    }

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void CommandLine_AtTheKernelsLimit_IsAcceptedOrRefused(int length, bool accepted)
    {
        LoadedKernel kernel = Kernel(0x20_0000, 0x7fff_ffff);
        Exception? thrown = Record.Exception(() => CommandLineWriter.Write(new string('x', length), kernel, _memory));
        Assert.Equal(accepted ? null : ExitCode.CommandLineTooLong, (thrown as VmmFaultException)?.Code);
    }

    private static LoadedKernel Kernel(ulong end, ulong initrdLimit) => new()
    {
        Protocol = BootProtocol.Linux64,
        Entry = new GuestAddress(0x10_0200),
        End = end,
        InitrdLimit = initrdLimit,
        CommandLineLimit = 255,
    };
}
