using MicroVm.Vmm.Arch.X64;

namespace MicroVm.Vmm.Tests.Arch;

public sealed class E820MapTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(3072)]
    [InlineData(8192)]
    public void Build_Memory_IsAllThereButTheHoleBelowOneMebibyte(int sizeMib)
    {
        E820Entry[] map = E820Map.Build(MemoryLayout.Regions(sizeMib));

        ulong ram = 0;
        ulong lastEnd = 0;
        foreach (E820Entry entry in map)
        {
            Assert.True(entry.Address >= lastEnd);
            lastEnd = entry.Address + entry.Size;
            ram += entry.Type == E820Type.Ram ? entry.Size : 0;
        }

        Assert.Equal(((ulong)sizeMib << 20) - (0x10_0000 - 0x9_fc00), ram);
        Assert.Contains(new E820Entry(AddressMap.AcpiTables, AddressMap.AcpiTablesCapacity, E820Type.AcpiData), map);
    }

    [Fact]
    public void Entry_Layout_IsTwentyBytes() => Assert.Equal(20, System.Runtime.CompilerServices.Unsafe.SizeOf<E820Entry>());
}
