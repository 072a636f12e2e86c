using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Memory;

/// <summary>
/// Guest RAM: anonymous memory mapped once, and the only place where a guest address becomes a pointer.
/// Every access checks range (and alignment where the access is one volatile read or write) before it touches memory;
/// a range may not cross from one region into the next. The guest may rewrite anything at any time: copy a structure
/// once with <see cref="TryRead"/>, then act on the copy.
/// </summary>
internal sealed unsafe class GuestMemory : IDisposable
{
    private const int ProtNone = 0;
    private const int ProtReadWrite = 3;
    private const int MapReserve = 0x2 | 0x20 | 0x4000; // private, anonymous, no swap reserved
    private const int MapFixed = 0x10;
    private const int MapHuge2M = 0x40000 | (21 << 26);
    private const int MapNoReserve = 0x4000;
    private const int AdviseDontNeed = 4;
    private const int AdviseHugePage = 14;
    private const int AdviseNoHugePage = 15;
    private const ulong PageMask = PageSize - 1;

    /// <summary>The unit in which a guest gives memory back: virtio's, whatever pages the guest and the host have.</summary>
    internal const ulong PageSize = 4096;

    /// <summary>Bytes of a huge page.</summary>
    internal const ulong HugePageSize = 2 << 20;

    private readonly GuestRegion[] _regions;
    private readonly HugePages _hugePages;
    private readonly byte* _reserved;
    private readonly nuint _reservedBytes;
    private byte* _base;

    /// <summary>Maps memory for <paramref name="regions"/>, ordered by address and not overlapping.</summary>
    /// <exception cref="OsFaultException">mmap or madvise failed; for want of huge pages, too.</exception>
    internal GuestMemory(ReadOnlySpan<GuestRegion> regions, HugePages hugePages = HugePages.None)
    {
        _regions = regions.ToArray();
        _hugePages = hugePages;
        foreach (GuestRegion region in regions)
        {
            SizeBytes += region.Size;
        }

        // A huge page more on either side: one to align by, and both to stand between guest memory and everything else.
        _reservedBytes = (nuint)(SizeBytes + (3 * HugePageSize));

        // SAFETY: fresh addresses chosen by the kernel, without access; released in Dispose.
        _reserved = (byte*)Libc.mmap(null, _reservedBytes, ProtNone, MapReserve, -1, 0);
        if (_reserved == (byte*)-1)
        {
            throw OsFaultException.FromLastError("mmap", $"addresses for guest memory of {SizeBytes} bytes");
        }

        byte* start = (byte*)(((nuint)_reserved + (nuint)(2 * HugePageSize) - 1) & ~(nuint)(HugePageSize - 1));

        // Huge pages are reserved here: without that, a pool that is too small would end the process at some later access.
        int flags = MapFixed | (hugePages == HugePages.Huge2M ? (MapReserve & ~MapNoReserve) | MapHuge2M : MapReserve);

        // SAFETY: inside the reservation: alignment took less than one huge page of the three.
        void* mapped = Libc.mmap(start, (nuint)SizeBytes, ProtReadWrite, flags, -1, 0);
        if (mapped == (void*)-1)
        {
            throw Released(OsFaultException.FromLastError("mmap", $"guest memory of {SizeBytes} bytes"));
        }

        _base = start;

        // SAFETY: exactly the mapping just made.
        int advised = hugePages == HugePages.Huge2M
            ? 0
            : Libc.madvise(mapped, (nuint)SizeBytes, hugePages == HugePages.Transparent ? AdviseHugePage : AdviseNoHugePage);
        if (advised != 0 && hugePages == HugePages.Transparent)
        {
            throw Released(OsFaultException.FromLastError("madvise", "guest memory for huge pages"));
        }
    }

    /// <summary>Total RAM in bytes.</summary>
    internal ulong SizeBytes { get; }

    /// <summary>The regions, ordered by address.</summary>
    internal ReadOnlySpan<GuestRegion> Regions => _regions;

    /// <summary>Host address of a region, for KVM_SET_USER_MEMORY_REGION alone.</summary>
    internal ulong HostAddressOf(in GuestRegion region) => (ulong)_base + region.Offset;

    /// <summary>A pointer to <paramref name="length"/> bytes of one region, or null when any of them is outside RAM. For iovecs and native calls.</summary>
    internal byte* TryGetPointer(GuestAddress address, ulong length)
    {
        foreach (ref readonly GuestRegion region in _regions.AsSpan())
        {
            if (address.Value >= region.Start.Value && address.Value < region.End)
            {
                // The subtraction cannot wrap here, and comparing lengths instead of sums cannot overflow.
                return length <= region.End - address.Value
                    ? _base + region.Offset + (address.Value - region.Start.Value)
                    : null;
            }
        }

        return null;
    }

    /// <summary>True when the whole range is RAM of one region.</summary>
    internal bool Contains(GuestAddress address, ulong length) => TryGetPointer(address, length) != null;

    /// <summary>Copies bytes out; false (and nothing copied) when the range is not RAM.</summary>
    internal bool TryRead(GuestAddress address, Span<byte> destination)
    {
        byte* source = TryGetPointer(address, (ulong)destination.Length);
        if (source == null)
        {
            return false;
        }

        // SAFETY: TryGetPointer proved that destination.Length bytes follow.
        new ReadOnlySpan<byte>(source, destination.Length).CopyTo(destination);
        return true;
    }

    /// <summary>Copies bytes in; false (and nothing written) when the range is not RAM.</summary>
    internal bool TryWrite(GuestAddress address, ReadOnlySpan<byte> source)
    {
        byte* destination = TryGetPointer(address, (ulong)source.Length);
        if (destination == null)
        {
            return false;
        }

        // SAFETY: TryGetPointer proved that source.Length bytes follow.
        source.CopyTo(new Span<byte>(destination, source.Length));
        return true;
    }

    /// <summary>Copies a structure out once.</summary>
    internal bool TryRead<T>(GuestAddress address, out T value)
        where T : unmanaged
    {
        value = default;
        return TryRead(address, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <summary>Copies a structure in.</summary>
    internal bool TryWrite<T>(GuestAddress address, in T value)
        where T : unmanaged =>
        TryWrite(address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>One aligned volatile 16-bit read; false when misaligned or not RAM.</summary>
    internal bool TryReadVolatile16(GuestAddress address, out ushort value)
    {
        byte* pointer = (address.Value & 1) == 0 ? TryGetPointer(address, sizeof(ushort)) : null;
        // SAFETY: aligned and inside a region.
        value = pointer == null ? (ushort)0 : Volatile.Read(ref Unsafe.AsRef<ushort>(pointer));
        return pointer != null;
    }

    /// <summary>One aligned volatile 16-bit write; false when misaligned or not RAM.</summary>
    internal bool TryWriteVolatile16(GuestAddress address, ushort value)
    {
        byte* pointer = (address.Value & 1) == 0 ? TryGetPointer(address, sizeof(ushort)) : null;
        if (pointer == null)
        {
            return false;
        }

        // SAFETY: aligned and inside a region.
        Volatile.Write(ref Unsafe.AsRef<ushort>(pointer), value);
        return true;
    }

    /// <summary>
    /// Asks for huge pages where all of the memory is about to be used anyway (docs/decisions/guest-memory.md). Without effect on a
    /// range that is smaller than one, and where the host has none.
    /// </summary>
    internal void PreferHugePages(GuestAddress address, ulong length)
    {
        byte* pointer = TryGetPointer(address, length);
        if (pointer == null || length < HugePageSize || _hugePages != HugePages.None)
        {
            return;
        }

        ulong start = (ulong)(pointer - _base) & ~(HugePageSize - 1);
        ulong end = Math.Min(((ulong)(pointer - _base) + length + HugePageSize - 1) & ~(HugePageSize - 1), SizeBytes);

        // SAFETY: rounded outwards, and kept inside the mapping.
        _ = Libc.madvise(_base + start, (nuint)(end - start), AdviseHugePage);
    }

    /// <summary>
    /// Gives whole pages back to the host; the guest reads zeros there afterwards. Of a range that ends within pages of a host whose pages
    /// are larger, only those that lie in it whole. False when the range is not page-aligned RAM of one region, when no page of the host lies
    /// in it, or when the host refuses (as for a part of a reserved huge page).
    /// </summary>
    internal bool TryDiscard(GuestAddress address, ulong length)
    {
        byte* pointer = TryGetPointer(address, length);
        return pointer != null && TryDiscard(pointer, length);
    }

    /// <summary>As above, for a range that <see cref="TryGetPointer"/> gave.</summary>
    internal bool TryDiscard(void* pointer, ulong length)
    {
        ulong offset = (ulong)((byte*)pointer - _base);
        bool isRam = offset < SizeBytes && length <= SizeBytes - offset && ((offset | length) & PageMask) == 0;
        (ulong start, ulong end) = WholePages(offset, length, (ulong)Environment.SystemPageSize);
        return isRam
            && start < end
            // SAFETY: whole pages of the host inside the mapping, which begins with one: the kernel would round the length up.
            && Libc.madvise(_base + start, (nuint)(end - start), AdviseDontNeed) == 0;
    }

    /// <summary>The part of a range that consists of whole pages; its end is not behind its start when there is none.</summary>
    internal static (ulong Start, ulong End) WholePages(ulong offset, ulong length, ulong pageBytes) =>
        ((offset + pageBytes - 1) & ~(pageBytes - 1), (offset + length) & ~(pageBytes - 1));

    public void Dispose()
    {
        if (_base != null)
        {
            _base = null;
            Release();
        }
    }

    private OsFaultException Released(OsFaultException fault)
    {
        Release();
        return fault;
    }

    // SAFETY: the reservation made in the constructor, with the mapping inside it, released once.
    private void Release() => _ = Libc.munmap(_reserved, _reservedBytes);
}
