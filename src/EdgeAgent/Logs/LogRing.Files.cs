using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Observed;
using MicroVm.Shared.Contracts.Guest;

namespace MicroVm.EdgeAgent.Logs;

internal sealed partial class LogRing
{
    /// <summary>Reads a segment to its end: its good bytes, its last cursor, and the position that they lead to.</summary>
    private static (long Good, ulong Last, LogPosition Position) Scan(LogSegment segment)
    {
        using LogSegmentReader reader = new(segment.Path);
        ulong last = 0;
        LogPosition position = default;
        while (reader.TryRead(segment.Length, out LogRecord record))
        {
            last = record.Kind == LogRecordKind.Line ? record.Cursor : last;
            position = record.Kind == LogRecordKind.Position
                ? new LogPosition(record.Run, record.Sequence)
                : position with { Sequence = record.Sequence };
        }

        return (reader.Position, last, position);
    }

    /// <summary>Cuts off what is not good; what is left is on the disk, whoever wrote it.</summary>
    private static void Cut(LogSegment segment, long good)
    {
        using FileStream file = new(segment.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        if (good < segment.Length)
        {
            file.SetLength(good);
        }

        file.Flush(flushToDisk: true);
    }

    private static bool IsEmpty(LogSegment segment) => segment.Length <= LogSegment.Magic.Length + LogRecord.PositionRecordBytes;

    private bool IsOld(LogSegment segment, DateTimeOffset now)
    {
        if (!ClockBounds.IsPlausible(now))
        {
            return false;
        }

        DateTime written = File.GetLastWriteTimeUtc(segment.Path);
        if (!ClockBounds.IsPlausible(written))
        {
            // Its age is not known; it begins now.
            File.SetLastWriteTimeUtc(segment.Path, now.UtcDateTime);
            return false;
        }

        return now.UtcDateTime - written > _limits.Age;
    }

    /// <summary>Writes a line, and what has to be in front of it, with one call.</summary>
    private void Write(Guid run, ulong cursor, GuestLogLine line)
    {
        if (_segments.Count == 0 || _segments[^1].Length >= _limits.SegmentBytes || _segments[^1].Length < LogSegment.Magic.Length)
        {
            Rotate(cursor);
        }

        _active ??= File.OpenHandle(_segments[^1].Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        _record ??= new byte[LogRecord.HeaderBytes + LogRecord.MaxBodyBytes];
        if (run != _position.Run)
        {
            Put(_record.AsSpan(0, LogRecord.WritePosition(_record, new LogPosition(run, 0))));
            _position = new LogPosition(run, 0);
        }

        Put(_record.AsSpan(0, LogRecord.WriteLine(_record, cursor, line)));
        long bytes = 0;
        foreach (LogSegment segment in _segments)
        {
            bytes += segment.Length;
        }

        for (; bytes > _limits.Bytes && _segments.Count > 1; bytes -= DeleteOldest())
        {
        }
    }

    private void Put(ReadOnlySpan<byte> record)
    {
        LogSegment segment = _segments[^1];
        try
        {
            RandomAccess.Write(_active!, record, segment.Length);
        }
        catch (IOException)
        {
            // Half of it may be there; the next record goes over it, and until then a reader stops at it.
            RandomAccess.SetLength(_active!, segment.Length);
            throw;
        }

        _segments[^1] = segment with { Length = segment.Length + record.Length };
    }

    /// <summary>Begins a segment. The one before is on the disk whole before the next one is there, so only the last can be torn.</summary>
    private void Rotate(ulong first)
    {
        Close();
        string path = LogSegment.PathOf(_directory, first);
        byte[] head = new byte[LogSegment.Magic.Length + LogRecord.PositionRecordBytes];
        LogSegment.Magic.CopyTo(head);
        int length = LogSegment.Magic.Length
            + (_position.Run == Guid.Empty ? 0 : LogRecord.WritePosition(head.AsSpan(LogSegment.Magic.Length), _position));
        using (FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
        {
            file.Write(head, 0, length);
            file.Flush(flushToDisk: true);
        }

        Libc.SyncDirectory(_directory);
        _segments.RemoveAll(segment => segment.First == first);
        _segments.Add(new LogSegment(first, path, length));
    }

    private void Close()
    {
        if (_active is not null)
        {
            RandomAccess.FlushToDisk(_active);
            _active.Dispose();
            (_active, _record) = (null, null);
        }

        _synced = _next - 1;
    }

    private long DeleteOldest()
    {
        LogSegment oldest = _segments[0];
        File.Delete(oldest.Path);
        _segments.RemoveAt(0);
        return oldest.Length;
    }
}
