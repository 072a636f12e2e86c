using System.Buffers.Binary;

namespace MicroVm.EdgeAgent.Networks.Names;

/// <summary>Messages over TCP: two bytes of length in front of each (RFC 1035, 4.2.2).</summary>
internal static class DnsStream
{
    /// <summary>One message; null at the end of the stream.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    internal static async Task<byte[]?> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] length = new byte[2];
        if (await stream.ReadAtLeastAsync(length, length.Length, throwOnEndOfStream: false, cancellation) < length.Length)
        {
            return null;
        }

        byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        return await stream.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, cancellation) == message.Length ? message : null;
    }

    /// <summary>Writes one message.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    internal static async Task WriteAsync(Stream stream, byte[] message, CancellationToken cancellation)
    {
        byte[] framed = new byte[message.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed, 2);
        await stream.WriteAsync(framed, cancellation);
    }
}
