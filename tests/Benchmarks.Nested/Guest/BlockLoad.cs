using System.Runtime.InteropServices;
using MicroVm.Benchmarks.Nested.Interop;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Benchmarks.Nested.Guest;

/// <summary>
/// Requests to the disk, one after the other: at random places or in sequence past the guest's page cache, or in sequence
/// through it, which reads ahead with several requests at a time.
/// </summary>
internal static unsafe class BlockLoad
{
    // O_DIRECT.
    private static readonly int s_direct = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;
    private const string Path = "/dev/vda";
    private static readonly Dictionary<int, int> s_disks = [];
    private static ulong s_random = 0x9E3779B97F4A7C15;

    /// <param name="writes">Writes, else reads.</param>
    /// <param name="bytes">Size of a request.</param>
    /// <param name="count">Requests.</param>
    /// <param name="order">random, sequential or cached.</param>
    internal static Action Prepare(bool writes, int bytes, int count, string order)
    {
        int disk = Open(order == "cached" ? 0 : s_direct);
        byte* buffer = Streams.Buffer(bytes);
        return () => Run(disk, writes, buffer, bytes, count, order == "random");
    }

    private static void Run(int disk, bool writes, byte* buffer, int bytes, int count, bool random)
    {
        long places = NestedProtocol.DiskBytes / bytes;
        for (long i = 0; i < count; i++)
        {
            long offset = (random ? (long)(Next() % (ulong)places) : i % places) * bytes;
            // SAFETY: the buffer has that many bytes.
            nint done = writes
                ? Native.pwrite(disk, buffer, (nuint)bytes, offset)
                : Native.pread(disk, buffer, (nuint)bytes, offset);
            if (done != bytes)
            {
                throw OsFaultException.FromLastError(writes ? "pwrite" : "pread", Path);
            }
        }
    }

    private static int Open(int flags)
    {
        if (!s_disks.TryGetValue(flags, out int disk))
        {
            disk = OsFaultException.Check(Libc.open(Path, Fd.ReadWrite | flags | Fd.CloseOnExec, 0), "open", Path);
            s_disks[flags] = disk;
        }

        return disk;
    }

    // Xorshift: the same places in every guest.
    private static ulong Next()
    {
        s_random ^= s_random << 13;
        s_random ^= s_random >> 7;
        s_random ^= s_random << 17;
        return s_random;
    }
}
