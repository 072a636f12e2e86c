using System.Buffers.Binary;
using MicroVm.Shared.Faults;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>
/// The stream between <c>microvm-init</c> and the agent: vsock port <see cref="Port"/> of the host, opened by the guest and
/// opened again whenever it breaks. Each frame is a 32-bit big-endian length and that many bytes of one CBOR
/// <see cref="GuestMessage"/>.
/// </summary>
public static class GuestChannel
{
    /// <summary>The vsock port on the host (CID 2).</summary>
    public const uint Port = 1024;

    /// <summary>Bytes of the length in front of a frame.</summary>
    public const int HeaderBytes = 4;

    /// <summary>Longest frame without its length.</summary>
    public const int MaxFrameBytes = 256 << 10;

    /// <summary>A message with its length in front.</summary>
    public static byte[] Frame(GuestMessage message)
    {
        byte[] body = message.Encode();
        byte[] frame = new byte[HeaderBytes + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length);
        body.CopyTo(frame, HeaderBytes);
        return frame;
    }

    /// <summary>Reads a frame's length.</summary>
    /// <exception cref="WireFormatException">The length is zero or over <see cref="MaxFrameBytes"/>: nothing is allocated for it.</exception>
    public static int ReadLength(ReadOnlySpan<byte> header)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(header);
        return length is > 0 and <= MaxFrameBytes
            ? (int)length
            : throw new WireFormatException($"guest frame: expected a length of 1 to {MaxFrameBytes}, found {length}");
    }
}
