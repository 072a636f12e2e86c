using System.Runtime.InteropServices;
using MicroVm.Vmm.Devices.Virtio.Queue;

namespace MicroVm.Vmm.Devices.Virtio.Block;

/// <summary>
/// One request: the header, copied once, and where its data is. The chain reads as header, data to write; data to read, status.
/// </summary>
internal readonly record struct BlockRequest(BlockRequestType Type, ulong Sector, uint DataOffset, uint DataBytes, uint StatusOffset)
{
    /// <summary>Bytes of a sector, whatever the disk's own blocks are (virtio 1.2 section 5.2.6).</summary>
    internal const uint SectorBytes = 512;

    private const int HeaderBytes = 16;

    /// <summary>Bytes that count for a rate limit: what is read from or written to the disk.</summary>
    internal uint MovedBytes => Type is BlockRequestType.Read or BlockRequestType.Write ? DataBytes : 0;

    /// <summary>
    /// Reads the request of a chain. Without room for the status byte nothing can be answered, which is the guest's fault;
    /// with room but without a header, <paramref name="isComplete"/> is false and the answer is IOERR.
    /// </summary>
    internal static GuestFault TryParse(ChainBuffers buffers, out BlockRequest request, out bool isComplete)
    {
        request = default;
        isComplete = false;
        if (buffers.WritableBytes == 0)
        {
            return GuestFault.NoRoomForReply;
        }

        uint statusOffset = buffers.WritableBytes - 1;
        Span<byte> header = stackalloc byte[HeaderBytes];
        isComplete = buffers.TryCopyFrom(0, header);
        if (!isComplete)
        {
            request = new BlockRequest(default, 0, 0, 0, statusOffset);
            return GuestFault.None;
        }

        // virtio_blk_req: type, reserved, sector.
        var type = (BlockRequestType)MemoryMarshal.Read<uint>(header);
        ulong sector = MemoryMarshal.Read<ulong>(header[8..]);
        bool deviceReads = type == BlockRequestType.Write;
        request = new BlockRequest(
            type,
            sector,
            deviceReads ? HeaderBytes : 0u,
            deviceReads ? buffers.ReadableBytes - HeaderBytes : statusOffset,
            statusOffset);
        return GuestFault.None;
    }

    /// <summary>
    /// True when the data is whole sectors inside a disk of <paramref name="diskSectors"/>. All in sectors and by subtraction:
    /// a sector number near 2^55 times 512 would wrap to a small byte offset.
    /// </summary>
    internal bool IsInside(ulong diskSectors)
    {
        ulong sectors = DataBytes / SectorBytes;
        return DataBytes % SectorBytes == 0 && sectors <= diskSectors && Sector <= diskSectors - sectors;
    }
}
