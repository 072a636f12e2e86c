using System.Buffers.Binary;
using MicroVm.EdgeAgent.Interop;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Networks.Links;

/// <summary>A conversation with the kernel about links, addresses and routes. Answers come at once; not for several threads.</summary>
internal sealed class RouteNetlink : IDisposable
{
    // linux/netlink.h
    internal const ushort Request = 1, Acknowledge = 4, Dump = 0x300, Replace = 0x100, Exclusive = 0x200, Create = 0x400;
    private const ushort Error = 2, Done = 3;
    private const int BufferBytes = 32 << 10;

    private readonly SafeFileHandle _socket = Libc.OpenRouteNetlink();
    private readonly byte[] _buffer = new byte[BufferBytes];
    private uint _sequence;

    /// <summary>Sends a request that changes something and waits for the answer.</summary>
    /// <returns>0, or the errno.</returns>
    internal int TryChange(NetlinkMessage message)
    {
        int outcome = 0;
        Converse(message, (_, _) => { }, error => outcome = error);
        return outcome;
    }

    /// <summary>Sends a request that changes something.</summary>
    /// <param name="message">The request.</param>
    /// <param name="what">What it does, for the exception.</param>
    /// <exception cref="OsFaultException">The kernel refused it.</exception>
    internal void Change(NetlinkMessage message, string what)
    {
        if (TryChange(message) is not 0 and int error)
        {
            throw new OsFaultException(what, error);
        }
    }

    /// <summary>Sends a question and hands each answer's content to the reader.</summary>
    /// <returns>0, or the errno.</returns>
    internal int Ask(NetlinkMessage message, AnswerReader read)
    {
        int outcome = 0;
        Converse(message, read, error => outcome = error);
        return outcome;
    }

    /// <summary>Reads one answer.</summary>
    internal delegate void AnswerReader(ushort type, ReadOnlySpan<byte> content);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private void Converse(NetlinkMessage message, AnswerReader read, Action<int> end)
    {
        uint sequence = ++_sequence;
        Libc.WriteMessage(_socket, message.Finish(sequence));
        while (true)
        {
            ReadOnlySpan<byte> left = _buffer.AsSpan(0, Libc.Read(_socket, _buffer));
            while (left.Length >= NetlinkMessage.HeaderBytes)
            {
                int length = BinaryPrimitives.ReadInt32LittleEndian(left);
                ushort type = BinaryPrimitives.ReadUInt16LittleEndian(left[4..]);
                bool ours = BinaryPrimitives.ReadUInt32LittleEndian(left[8..]) == sequence;
                if (length < NetlinkMessage.HeaderBytes || length > left.Length)
                {
                    throw new OsFaultException($"netlink: expected a message of at most {left.Length} bytes, found {length}");
                }

                ReadOnlySpan<byte> content = left[NetlinkMessage.HeaderBytes..length];
                if (ours && type is Error or Done)
                {
                    end(type == Error ? -BinaryPrimitives.ReadInt32LittleEndian(content) : 0);
                    return;
                }

                if (ours)
                {
                    read(type, content);
                }

                left = left[Math.Min((length + 3) & ~3, left.Length)..];
            }
        }
    }
}
