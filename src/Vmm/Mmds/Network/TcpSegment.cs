namespace MicroVm.Vmm.Mmds.Network;

/// <summary>
/// A TCP segment (RFC 9293 section 3.1) of the guest. Its checksum is not looked at: between guest and host nothing is damaged, and a
/// guest that leaves checksums to its device (VIRTIO_NET_F_CSUM) sends half of one.
/// </summary>
internal ref struct TcpSegment
{
    /// <summary>Bytes of a header without options.</summary>
    internal const int HeaderBytes = 20;

    private const byte EndOfOptions = 0;
    private const byte NoOperation = 1;
    private const byte MaxSegmentSize = 2;

    internal ushort SourcePort;
    internal ushort DestinationPort;
    internal uint Sequence;
    internal uint Acknowledgment;
    internal TcpFlags Flags;
    internal ushort Window;
    internal ReadOnlySpan<byte> Payload;

    /// <summary>What the option of this name says; 0 without it.</summary>
    internal ushort LargestPayload;

    /// <summary>Sequence number behind the last that this segment takes.</summary>
    internal readonly uint End => Sequence + (uint)Payload.Length + (Has(TcpFlags.Syn) ? 1u : 0) + (Has(TcpFlags.Fin) ? 1u : 0);

    internal readonly bool Has(TcpFlags flag) => (Flags & flag) != 0;

    /// <summary>Reads a segment that fills <paramref name="bytes"/>; false when its lengths are impossible.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> bytes, out TcpSegment segment)
    {
        segment = default;
        int headerBytes = bytes.Length < HeaderBytes ? 0 : (bytes[12] >> 4) * 4;
        if (headerBytes < HeaderBytes || headerBytes > bytes.Length)
        {
            return false;
        }

        segment.SourcePort = NetworkOrder.Read16(bytes, 0);
        segment.DestinationPort = NetworkOrder.Read16(bytes, 2);
        segment.Sequence = NetworkOrder.Read32(bytes, 4);
        segment.Acknowledgment = NetworkOrder.Read32(bytes, 8);
        segment.Flags = (TcpFlags)bytes[13] & TcpFlags.Known;
        segment.Window = NetworkOrder.Read16(bytes, 14);
        segment.Payload = bytes[headerBytes..];
        return segment.TryReadOptions(bytes[HeaderBytes..headerBytes]);
    }

    private bool TryReadOptions(ReadOnlySpan<byte> options)
    {
        while (!options.IsEmpty && options[0] != EndOfOptions)
        {
            if (options[0] == NoOperation)
            {
                options = options[1..];
                continue;
            }

            if (options.Length < 2 || options[1] < 2 || options[1] > options.Length)
            {
                return false;
            }

            if (options[0] == MaxSegmentSize && options[1] == 4)
            {
                LargestPayload = NetworkOrder.Read16(options, 2);
            }

            options = options[options[1]..];
        }

        return true;
    }
}
