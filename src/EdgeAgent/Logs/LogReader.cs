using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Contracts.Sessions;

namespace MicroVm.EdgeAgent.Logs;

/// <summary>Reads a log on from a cursor, line by line and segment by segment, while it is written and its oldest segments go.</summary>
/// <param name="ring">The log.</param>
/// <param name="after">The cursor behind which it begins.</param>
internal sealed class LogReader(LogRing ring, ulong after) : IDisposable
{
    private LogSegmentReader? _reader;
    private ulong _segment;

    /// <summary>Cursor of the last line that was read.</summary>
    internal ulong Cursor { get; private set; } = after;

    /// <summary>The next lines, up to a cursor; none when there are none yet.</summary>
    /// <exception cref="StoreException">The files cannot be read.</exception>
    internal IReadOnlyList<SessionLogEntry> Read(ulong upTo, int most)
    {
        List<SessionLogEntry> lines = [];
        while (lines.Count < most && Cursor < upTo)
        {
            try
            {
                if (!TryPlace(out LogSegment segment, out bool isLast) || (!ReadSegment(segment, upTo, most, lines) && (isLast || !TryNext(segment))))
                {
                    break;
                }
            }
            catch (FileNotFoundException)
            {
                // It was deleted in this moment, or by hand, which the log does not know: on behind it.
                CloseReader();
                if (!TryPass(_segment))
                {
                    break;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StoreException($"log: {e.Message}", e);
            }
        }

        return lines;
    }

    /// <inheritdoc/>
    public void Dispose() => _reader?.Dispose();

    /// <returns>True when it stopped before the segment's end.</returns>
    private bool ReadSegment(LogSegment segment, ulong upTo, int most, List<SessionLogEntry> lines)
    {
        while (lines.Count < most && Cursor < upTo && _reader!.TryRead(segment.Length, out LogRecord record))
        {
            if (record.Kind == LogRecordKind.Line && record.Cursor > Cursor)
            {
                Cursor = record.Cursor;
                lines.Add(record.ToEntry());
            }
        }

        return lines.Count >= most || Cursor >= upTo;
    }

    /// <summary>Finds the segment that is read, or the one to begin with.</summary>
    private bool TryPlace(out LogSegment segment, out bool isLast)
    {
        LogSegment[] segments = ring.Segments();
        // The last one that begins at or before the next line; the oldest when that has gone.
        int index = _reader is null
            ? Math.Max(0, Array.FindLastIndex(segments, one => one.First <= Cursor + 1))
            : Array.FindIndex(segments, one => one.First == _segment);
        if (index < 0)
        {
            // The one that was read has been deleted: on with the oldest that is left.
            index = 0;
            CloseReader();
        }

        if (segments.Length == 0)
        {
            (segment, isLast) = (default, true);
            return false;
        }

        segment = segments[index];
        isLast = index == segments.Length - 1;
        if (_reader is null)
        {
            _segment = segment.First;
            _reader = new LogSegmentReader(segment.Path);
        }

        return true;
    }

    /// <summary>Leaves out what a segment had; false when none is behind it.</summary>
    private bool TryPass(ulong missing)
    {
        LogSegment next = ring.Segments().FirstOrDefault(one => one.First > missing);
        Cursor = next.Path is null ? Cursor : Math.Max(Cursor, next.First - 1);
        return next.Path is not null;
    }

    private bool TryNext(LogSegment read)
    {
        LogSegment next = ring.Segments().FirstOrDefault(one => one.First > read.First);
        CloseReader();
        if (next.Path is null)
        {
            return false;
        }

        _segment = next.First;
        _reader = new LogSegmentReader(next.Path);
        return true;
    }

    private void CloseReader()
    {
        _reader?.Dispose();
        _reader = null;
    }
}
