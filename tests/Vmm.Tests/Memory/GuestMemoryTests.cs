using MicroVm.Vmm.Arch.X64;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Tests.Memory;

public sealed class GuestMemoryTests
{
    private const ulong Mebibyte = 1 << 20;

    private static readonly GuestRegion[] s_twoRegions =
    [
        new(new GuestAddress(0), Mebibyte, 0),
        new(new GuestAddress(4 * Mebibyte), Mebibyte, Mebibyte),
    ];

    [Theory]
    [InlineData(0UL, 1UL, true)]
    [InlineData(0UL, Mebibyte, true)]
    [InlineData(0UL, Mebibyte + 1, false)]
    [InlineData(Mebibyte - 1, 1UL, true)]
    [InlineData(Mebibyte - 1, 2UL, false)]
    [InlineData(Mebibyte, 1UL, false)]
    [InlineData(4 * Mebibyte, Mebibyte, true)]
    [InlineData((4 * Mebibyte) - 1, 2UL, false)]
    [InlineData(5 * Mebibyte, 0UL, false)]
    [InlineData(ulong.MaxValue, 1UL, false)]
    [InlineData(4 * Mebibyte, ulong.MaxValue, false)]
    [InlineData(16UL, ulong.MaxValue - 8, false)]
    public void Contains_Range_IsTrueOnlyInsideOneRegion(ulong address, ulong length, bool expected)
    {
        using GuestMemory memory = new(s_twoRegions);
        Assert.Equal(expected, memory.Contains(new GuestAddress(address), length));
    }

    [Fact]
    public void Write_IntoSecondRegion_ReadsBackAndLeavesTheFirstAlone()
    {
        using GuestMemory memory = new(s_twoRegions);
        Assert.True(memory.TryWrite(new GuestAddress(4 * Mebibyte), 0x1122_3344_5566_7788UL));
        Assert.True(memory.TryRead(new GuestAddress(4 * Mebibyte), out ulong value));
        Assert.Equal(0x1122_3344_5566_7788UL, value);
        Assert.True(memory.TryRead(new GuestAddress(0), out ulong other));
        Assert.Equal(0UL, other);
    }

    [Fact]
    public void Write_CrossingTheEnd_ChangesNothing()
    {
        using GuestMemory memory = new(s_twoRegions);
        Assert.False(memory.TryWrite(new GuestAddress(Mebibyte - 4), ulong.MaxValue));
        Assert.True(memory.TryRead(new GuestAddress(Mebibyte - 4), out uint last));
        Assert.Equal(0u, last);
    }

    [Theory]
    [InlineData(0UL, 4096UL, true)]
    [InlineData(4 * Mebibyte, Mebibyte, true)]
    [InlineData(0UL, 0UL, false)]
    [InlineData(1UL, 4096UL, false)]
    [InlineData(4096UL, 4095UL, false)]
    [InlineData(Mebibyte - 4096, 8192UL, false)]
    [InlineData(2 * Mebibyte, 4096UL, false)]
    [InlineData(ulong.MaxValue - 4095, 4096UL, false)]
    [InlineData(4096UL, ulong.MaxValue - 4095, false)]
    public void Discard_Range_MustBeWholePagesOfOneRegion(ulong address, ulong length, bool expected)
    {
        using GuestMemory memory = new(s_twoRegions);
        byte[] ones = [.. Enumerable.Repeat((byte)1, (int)Mebibyte)];
        Assert.True(memory.TryWrite(new GuestAddress(0), ones) && memory.TryWrite(new GuestAddress(4 * Mebibyte), ones));
        Assert.Equal(expected, memory.TryDiscard(new GuestAddress(address), length));
        byte[] low = new byte[Mebibyte], high = new byte[Mebibyte];
        Assert.True(memory.TryRead(new GuestAddress(0), low) && memory.TryRead(new GuestAddress(4 * Mebibyte), high));
        Assert.Equal(expected ? (int)length : 0, low.Count(b => b == 0) + high.Count(b => b == 0));
    }

    [Theory]
    [InlineData(2UL, true)]
    [InlineData(3UL, false)]
    [InlineData(Mebibyte - 2, true)]
    [InlineData(Mebibyte, false)]
    public void VolatileAccess_Alignment_IsRequired(ulong address, bool expected)
    {
        using GuestMemory memory = new(s_twoRegions);
        Assert.Equal(expected, memory.TryWriteVolatile16(new GuestAddress(address), 0xbeef));
        Assert.Equal(expected, memory.TryReadVolatile16(new GuestAddress(address), out ushort value));
        Assert.Equal(expected ? 0xbeef : 0, value);
    }

    [Fact]
    public void GuestAddress_AddThatWraps_IsRefused() => Assert.False(new GuestAddress(ulong.MaxValue).TryAdd(1, out _));

    [Theory]
    [InlineData(64, 1, 64UL << 20)]
    [InlineData(3072, 1, 3UL << 30)]
    [InlineData(3073, 2, (4UL << 30) + (1UL << 20))]
    [InlineData(8192, 2, 9UL << 30)]
    public void Layout_Size_LeavesTheGapBelowFourGibibytes(int sizeMib, int regionCount, ulong end)
    {
        GuestRegion[] regions = MemoryLayout.Regions(sizeMib);
        Assert.Equal(regionCount, regions.Length);
        Assert.Equal(end, regions[^1].End);
        Assert.True(regions[0].End <= AddressMap.GapStart);
        Assert.Equal((ulong)sizeMib << 20, regions[^1].Offset + regions[^1].Size);
    }

    /// <summary>madvise(2) rounds a length up: on a host with larger pages than the guest's, that would take memory which is in use.</summary>
    [Theory]
    [InlineData(0x10000, 0x10000, 0x1000, 0x10000, 0x20000)]
    [InlineData(0x10000, 0x1000, 0x10000, 0x10000, 0x10000)]
    [InlineData(0xf000, 0x12000, 0x10000, 0x10000, 0x20000)]
    [InlineData(0x1000, 0xe000, 0x4000, 0x4000, 0xc000)]
    [InlineData(0x1000, 0x2000, 0x4000, 0x4000, 0x0)]
    public void WholePages_OfARange_NeverReachBeyondIt(ulong offset, ulong length, ulong pageBytes, ulong start, ulong end) =>
        Assert.Equal((start, end), GuestMemory.WholePages(offset, length, pageBytes));
}
