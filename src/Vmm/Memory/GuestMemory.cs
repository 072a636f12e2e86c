using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Memory;

/// <summary>
/// Guest RAM: a memfd mapped once, and the only place where a guest address becomes a pointer.
/// Every access checks range (and alignment where the access is one volatile read or write) before it touches memory;
/// a range may not cross from one region into the next. The guest may rewrite anything at any time: copy a structure
/// once with <see cref="TryRead"/>, then act on the copy.
/// </summary>
internal sealed unsafe class GuestMemory : IDisposable
{
    private const int ProtReadWrite = 3;
    private const int MapShared = 1;
    private const int MapNoReserve = 0x4000;
    private const uint MfdCloseOnExec = 1;
    private const uint MfdHugeTlb2M = 4 | (21u << 26);
    private const int AdviseHugePage = 14;
    private const int PunchHoleKeepSize = 3;
    private const ulong PageMask = PageSize - 1;

    /// <summary>The unit in which memory is given back to the host.</summary>
    internal const ulong PageSize = 4096;

    private readonly GuestRegion[] _regions;
    private byte* _base;

    /// <summary>Maps memory for <paramref name="regions"/>, ordered by address and not overlapping.</summary>
    /// <exception cref="OsFaultException">memfd_create, ftruncate, mmap or madvise failed; for want of huge pages, too.</exception>
    internal GuestMemory(ReadOnlySpan<GuestRegion> regions, HugePages hugePages = HugePages.None)
    {
        _regions = regions.ToArray();
        foreach (GuestRegion region in regions)
        {
            SizeBytes += region.Size;
        }

        Fd = Libc.memfd_create("guest-memory", MfdCloseOnExec | (hugePages == HugePages.Huge2M ? MfdHugeTlb2M : 0));
        if (Fd < 0)
        {
            throw OsFaultException.FromLastError("memfd_create", "guest-memory");
        }

        if (Libc.ftruncate(Fd, (long)SizeBytes) != 0)
        {
            throw OsFaultException.FromLastError("ftruncate", $"guest-memory to {SizeBytes} bytes");
        }

        // Huge pages are reserved here: without that, a pool that is too small would end the process at some later access.
        int flags = hugePages == HugePages.Huge2M ? MapShared : MapShared | MapNoReserve;

        // SAFETY: a fresh mapping chosen by the kernel; its length is kept in SizeBytes and released in Dispose.
        void* mapped = Libc.mmap(null, (nuint)SizeBytes, ProtReadWrite, flags, Fd, 0);
        if (mapped == (void*)-1)
        {
            OsFaultException fault = OsFaultException.FromLastError("mmap", $"guest-memory of {SizeBytes} bytes");
            _ = Libc.close(Fd);
            throw fault;
        }

        _base = (byte*)mapped;

        // SAFETY: exactly the mapping just made.
        if (hugePages == HugePages.Transparent && Libc.madvise(mapped, (nuint)SizeBytes, AdviseHugePage) != 0)
        {
            OsFaultException fault = OsFaultException.FromLastError("madvise", "guest-memory for huge pages");
            Dispose();
            throw fault;
        }
    }

    /// <summary>The memfd behind guest RAM.</summary>
    internal int Fd { get; }

    /// <summary>Total RAM in bytes.</summary>
    internal ulong SizeBytes { get; }

    /// <summary>The regions, ordered by address.</summary>
    internal ReadOnlySpan<GuestRegion> Regions => _regions;

    /// <summary>Host address of a region, for KVM_SET_USER_MEMORY_REGION alone.</summary>
    internal ulong HostAddressOf(in GuestRegion region) => (ulong)_base + region.FileOffset;

    /// <summary>A pointer to <paramref name="length"/> bytes of one region, or null when any of them is outside RAM. For iovecs and native calls.</summary>
    internal byte* TryGetPointer(GuestAddress address, ulong length)
    {
        foreach (ref readonly GuestRegion region in _regions.AsSpan())
        {
            if (address.Value >= region.Start.Value && address.Value < region.End)
            {
                // The subtraction cannot wrap here, and comparing lengths instead of sums cannot overflow.
                return length <= region.End - address.Value
                    ? _base + region.FileOffset + (address.Value - region.Start.Value)
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
    /// Gives whole pages back to the host; the guest reads zeros there afterwards. False when the range is not page-aligned RAM of one
    /// region, or the host refuses. A hole in the memfd takes the pages out of every mapping of it, so no madvise(2) is needed.
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
        bool isRam = offset < SizeBytes && length <= SizeBytes - offset;
        return isRam
            && length != 0
            && ((offset | length) & PageMask) == 0
            && Libc.fallocate(Fd, PunchHoleKeepSize, (long)offset, (long)length) == 0;
    }

    public void Dispose()
    {
        if (_base != null)
        {
            // SAFETY: the mapping made in the constructor, released once.
            _ = Libc.munmap(_base, (nuint)SizeBytes);
            _ = Libc.close(Fd);
            _base = null;
        }
    }
}
