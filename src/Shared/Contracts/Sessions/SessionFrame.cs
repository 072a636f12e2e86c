using System.Buffers.Binary;
using MicroVm.Shared.Faults;

namespace MicroVm.Shared.Contracts.Sessions;

/// <summary>
/// One frame of a session. As a binary WebSocket message it is its kind and its content; on vsock it has its length, of kind
/// and content, as 32 bits big-endian in front.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Content">What it carries, at most <see cref="MaxContentBytes"/>.</param>
public readonly record struct SessionFrame(SessionFrameKind Kind, ReadOnlyMemory<byte> Content)
{
    /// <summary>vsock port of the guest where init answers sessions; each connection is one session.</summary>
    public const uint GuestPort = 1025;

    /// <summary>Bytes of the length in front of a frame on vsock.</summary>
    public const int LengthBytes = 4;

    /// <summary>Most bytes of content.</summary>
    public const int MaxContentBytes = 64 << 10;

    /// <summary>A frame of a message: its first byte is the kind.</summary>
    /// <exception cref="WireFormatException">It is empty, too long or of no known kind.</exception>
    public static SessionFrame Decode(ReadOnlyMemory<byte> message)
    {
        if (message.Length is < 1 or > MaxContentBytes + 1)
        {
            throw new WireFormatException($"session frame: expected 1 to {MaxContentBytes + 1} bytes, found {message.Length}");
        }

        SessionFrameKind kind = (SessionFrameKind)message.Span[0];
        return kind is >= SessionFrameKind.Open and <= SessionFrameKind.Closed
            ? new SessionFrame(kind, message[1..])
            : throw new WireFormatException(
                $"session frame: expected a kind from {(int)SessionFrameKind.Open} to {(int)SessionFrameKind.Closed}, found {message.Span[0]}");
    }

    /// <summary>Reads the length of a frame on vsock: bytes that follow it.</summary>
    /// <exception cref="WireFormatException">It is 0 or more than a frame may have.</exception>
    public static int ReadLength(ReadOnlySpan<byte> prefix)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix);
        return length is > 0 and <= MaxContentBytes + 1
            ? (int)length
            : throw new WireFormatException($"session frame: expected a length of 1 to {MaxContentBytes + 1}, found {length}");
    }

    /// <summary>The frame as a message.</summary>
    public byte[] Encode()
    {
        byte[] message = new byte[1 + Content.Length];
        message[0] = (byte)Kind;
        Content.Span.CopyTo(message.AsSpan(1));
        return message;
    }

    /// <summary>The frame as it goes over vsock.</summary>
    public byte[] EncodeWithLength()
    {
        byte[] frame = new byte[LengthBytes + 1 + Content.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, 1 + Content.Length);
        frame[LengthBytes] = (byte)Kind;
        Content.Span.CopyTo(frame.AsSpan(LengthBytes + 1));
        return frame;
    }
}
