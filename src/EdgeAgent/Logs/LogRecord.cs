using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Logs;

/// <summary>
/// One record as a segment holds it: length of the body and its CRC-32C, 32 bits little-endian each, then the body. Of a line: kind,
/// cursor, sequence in its run, time, stream, text; of a position: kind, run, sequence. Valid while the buffer that it was read to is.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Cursor">Cursor of a line.</param>
/// <param name="Sequence">Sequence of the line in its run, or of the last one before.</param>
/// <param name="AtUnixNs">Time of a line, by the guest's clock.</param>
/// <param name="Stream">Stream of a line.</param>
/// <param name="Run">Run of a position.</param>
/// <param name="Text">Text of a line in UTF-8.</param>
internal readonly record struct LogRecord(
    LogRecordKind Kind, ulong Cursor, ulong Sequence, long AtUnixNs, LogStream Stream, Guid Run, ReadOnlyMemory<byte> Text)
{
    /// <summary>Bytes in front of the body.</summary>
    internal const int HeaderBytes = 8;

    /// <summary>Longest body.</summary>
    internal const int MaxBodyBytes = LineBytes + LogLine.MaxTextBytes;

    private const int LineBytes = 26, PositionBytes = 25, RunBytes = 16;

    /// <summary>Bytes of a position with its header.</summary>
    internal const int PositionRecordBytes = HeaderBytes + PositionBytes;

    /// <summary>The line as a session sends it.</summary>
    internal SessionLogEntry ToEntry() => new(Cursor, AtUnixNs, Stream, Encoding.UTF8.GetString(Text.Span));

    /// <summary>Writes a line's record; returns its length.</summary>
    internal static int WriteLine(Span<byte> target, ulong cursor, GuestLogLine line)
    {
        Span<byte> body = target[HeaderBytes..];
        body[0] = (byte)LogRecordKind.Line;
        BinaryPrimitives.WriteUInt64LittleEndian(body[1..], cursor);
        BinaryPrimitives.WriteUInt64LittleEndian(body[9..], line.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(body[17..], line.AtUnixNs);
        body[25] = (byte)line.Stream;
        int length = LineBytes + Encoding.UTF8.GetBytes(line.Text, body[LineBytes..]);
        return Seal(target, length);
    }

    /// <summary>Writes a position's record; returns its length.</summary>
    internal static int WritePosition(Span<byte> target, LogPosition position)
    {
        Span<byte> body = target[HeaderBytes..];
        body[0] = (byte)LogRecordKind.Position;
        position.Run.TryWriteBytes(body[1..]);
        BinaryPrimitives.WriteUInt64LittleEndian(body[(1 + RunBytes)..], position.Sequence);
        return Seal(target, PositionBytes);
    }

    /// <summary>Length of the body that a header announces; 0 when no record can have it.</summary>
    internal static int ReadLength(ReadOnlySpan<byte> header) =>
        BinaryPrimitives.ReadUInt32LittleEndian(header) is >= PositionBytes and <= MaxBodyBytes and uint length ? (int)length : 0;

    /// <summary>Reads a record whose body is complete; false when it is not what was written.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> header, ReadOnlyMemory<byte> body, out LogRecord record)
    {
        ReadOnlySpan<byte> span = body.Span;
        record = default;
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) != Crc(span))
        {
            return false;
        }

        switch ((LogRecordKind)span[0])
        {
            case LogRecordKind.Line when span.Length >= LineBytes:
                record = new LogRecord(
                    LogRecordKind.Line,
                    BinaryPrimitives.ReadUInt64LittleEndian(span[1..]),
                    BinaryPrimitives.ReadUInt64LittleEndian(span[9..]),
                    BinaryPrimitives.ReadInt64LittleEndian(span[17..]),
                    span[25] == (byte)LogStream.Stderr ? LogStream.Stderr : LogStream.Stdout,
                    default,
                    body[LineBytes..]);
                return true;
            case LogRecordKind.Position when span.Length == PositionBytes:
                record = new LogRecord(
                    LogRecordKind.Position, 0, BinaryPrimitives.ReadUInt64LittleEndian(span[(1 + RunBytes)..]), 0, default, new Guid(span.Slice(1, RunBytes)), default);
                return true;
            default:
                return false;
        }
    }

    private static int Seal(Span<byte> target, int length)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, length);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Crc(target.Slice(HeaderBytes, length)));
        return HeaderBytes + length;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte one in bytes)
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return ~crc;
    }
}
