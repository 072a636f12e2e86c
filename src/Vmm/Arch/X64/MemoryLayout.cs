using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch.X64;

/// <summary>Splits guest RAM around the gap below 4 GiB.</summary>
internal static class MemoryLayout
{
    private const ulong Mebibyte = 1 << 20;

    /// <summary>The regions of <paramref name="sizeMib"/> MiB of RAM, in address order.</summary>
    internal static GuestRegion[] Regions(int sizeMib)
    {
        ulong size = (ulong)sizeMib * Mebibyte;
        if (size <= AddressMap.GapStart)
        {
            return [new GuestRegion(new GuestAddress(0), size, 0)];
        }

        return
        [
            new GuestRegion(new GuestAddress(0), AddressMap.GapStart, 0),
            new GuestRegion(new GuestAddress(AddressMap.GapEnd), size - AddressMap.GapStart, AddressMap.GapStart),
        ];
    }
}
