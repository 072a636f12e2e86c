using System.Buffers.Binary;

namespace MicroVm.TestKit;

/// <content>NBD, as much of it as QEMU speaks.</content>
public sealed partial class LossyDisk
{
    private const ulong Magic = 0x4e42444d41474943, OptionMagic = 0x49484156454F5054, OptionReply = 0x3e889045565a9;
    private const uint RequestMagic = 0x25609513, ReplyMagic = 0x67446698;
    private const uint ExportName = 1, Abort = 2, Info = 6, Go = 7;
    private const uint Acknowledged = 1, InfoReply = 3, Unsupported = 0x80000001;
    private const ushort Fixed = 1, NoZeroes = 2;
    private const ushort HasFlags = 1, CanFlush = 1 << 2, CanFua = 1 << 3, CanTrim = 1 << 5, CanZero = 1 << 6;
    private const ushort ReadCommand = 0, WriteCommand = 1, Disconnect = 2, FlushCommand = 3, TrimCommand = 4, ZeroCommand = 6;
    private const ushort ForceUnitAccess = 1;

    private const int EINVAL = 22;

    private async Task<bool> NegotiateAsync(Stream stream)
    {
        byte[] greeting = new byte[18];
        BinaryPrimitives.WriteUInt64BigEndian(greeting, Magic);
        BinaryPrimitives.WriteUInt64BigEndian(greeting.AsSpan(8), OptionMagic);
        BinaryPrimitives.WriteUInt16BigEndian(greeting.AsSpan(16), Fixed | NoZeroes);
        await stream.WriteAsync(greeting).ConfigureAwait(false);
        _ = await TakeAsync(stream, 4).ConfigureAwait(false);
        while (true)
        {
            byte[] header = await TakeAsync(stream, 16).ConfigureAwait(false);
            uint option = U32(header, 8);
            _ = await TakeAsync(stream, (int)U32(header, 12)).ConfigureAwait(false);
            switch (option)
            {
                case ExportName:
                    await stream.WriteAsync(Export().AsMemory(2)).ConfigureAwait(false);
                    return true;
                case Abort:
                    await ReplyAsync(stream, option, Acknowledged, []).ConfigureAwait(false);
                    return false;
                case Info or Go:
                    await ReplyAsync(stream, option, InfoReply, Export()).ConfigureAwait(false);
                    await ReplyAsync(stream, option, Acknowledged, []).ConfigureAwait(false);
                    if (option == Go)
                    {
                        return true;
                    }

                    break;
                default:
                    await ReplyAsync(stream, option, Unsupported, []).ConfigureAwait(false);
                    break;
            }
        }
    }

    /// <summary>NBD_INFO_EXPORT: kind 0, size, flags.</summary>
    private byte[] Export()
    {
        byte[] export = new byte[12];
        BinaryPrimitives.WriteUInt64BigEndian(export.AsSpan(2), (ulong)_size);
        BinaryPrimitives.WriteUInt16BigEndian(export.AsSpan(10), HasFlags | CanFlush | CanFua | CanTrim | CanZero);
        return export;
    }

    private static async Task ReplyAsync(Stream stream, uint option, uint kind, byte[] content)
    {
        byte[] reply = new byte[20 + content.Length];
        BinaryPrimitives.WriteUInt64BigEndian(reply, OptionReply);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(12), kind);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(16), (uint)content.Length);
        content.CopyTo(reply.AsSpan(20));
        await stream.WriteAsync(reply).ConfigureAwait(false);
    }

    private async Task AnswerAsync(Stream stream)
    {
        while (true)
        {
            byte[] request = await TakeAsync(stream, 28).ConfigureAwait(false);
            if (U32(request, 0) != RequestMagic)
            {
                throw new IOException($"NBD: expected a request, found {U32(request, 0):x8}");
            }

            ushort flags = BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(4)), command = BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(6));
            long offset = (long)BinaryPrimitives.ReadUInt64BigEndian(request.AsSpan(16));
            int length = (int)U32(request, 24);
            if (command == Disconnect)
            {
                return;
            }

            byte[] content = command == WriteCommand ? await TakeAsync(stream, length).ConfigureAwait(false) : [];
            if (!IsAlive(isWrite: false))
            {
                continue;
            }

            byte[] reply = new byte[16 + (command == ReadCommand ? length : 0)];
            BinaryPrimitives.WriteUInt32BigEndian(reply, ReplyMagic);
            BinaryPrimitives.WriteInt32BigEndian(reply.AsSpan(4), Do(command, offset, length, content, reply) ? 0 : EINVAL);
            request.AsSpan(8, 8).CopyTo(reply.AsSpan(8));
            if (!IsAlive(command == WriteCommand))
            {
                // The machine waits for an answer until it is switched off.
                continue;
            }

            if ((flags & ForceUnitAccess) != 0)
            {
                // More than was asked for, which is allowed.
                Flush();
            }

            await stream.WriteAsync(reply).ConfigureAwait(false);
        }
    }

    private bool Do(ushort command, long offset, int length, byte[] content, byte[] reply)
    {
        if (offset < 0 || offset + length > _size)
        {
            return false;
        }

        switch (command)
        {
            case ReadCommand:
                Read(offset, reply.AsSpan(16));
                return true;
            case WriteCommand:
                Write(offset, content);
                return true;
            case FlushCommand:
                Flush();
                return true;
            case TrimCommand:
                return true;
            case ZeroCommand:
                Write(offset, new byte[length]);
                return true;
            default:
                return false;
        }
    }
}
