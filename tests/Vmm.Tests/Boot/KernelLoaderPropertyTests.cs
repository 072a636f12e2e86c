using CsCheck;
using MicroVm.Vmm.Arch.X64;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Tests.Boot;

public sealed class KernelLoaderPropertyTests
{
    private static readonly byte[][] s_images =
    [
        KernelImages.BzImage(new byte[0x400]),
        KernelImages.Elf(new byte[300]),
        KernelImages.Elf(new byte[300], 0x20_0000, 0x20_0010),
    ];

    /// <summary>Whatever is in the file, loading either works, with everything inside guest memory, or is one of the known refusals.</summary>
    [Fact]
    public void Load_AnyMutation_LoadsOrIsRefused() =>
        Gen.Select(
            Gen.Int[0, s_images.Length - 1],
            Gen.Select(Gen.Int[0, 0x2a0], Gen.Byte).Array[1, 12],
            Gen.Int[0, 3])
        .Sample(
            (which, edits, cut) =>
            {
                byte[] image = (byte[])s_images[which].Clone();
                foreach ((int offset, byte value) in edits)
                {
                    image[offset % image.Length] = value;
                }

                LoadOrRefuse(cut == 0 ? image[..(image.Length / 2)] : image);
            },
            iter: 2000,
            threads: 1);

    private static void LoadOrRefuse(byte[] image)
    {
        using GuestMemory memory = new(MemoryLayout.Regions(32));
        using TemporaryFile file = new(image);
        try
        {
            LoadedKernel kernel = KernelLoader.Load(file.Path, memory);
            Assert.InRange(kernel.Entry.Value, AddressMap.HighMemoryStart, kernel.End);
            Assert.True(kernel.End <= memory.Regions[0].End);
        }
        catch (VmmFaultException fault)
        {
            Assert.InRange((int)fault.Code, (int)ExitCode.NotAKernel, (int)ExitCode.KernelTooLarge);
        }
    }
}
